import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachCustomSynthesis } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Settings } from './millrace-props.ts';

/** What an app makes a deployment with. It may say so in code, which only a synth can read. */
export type DeploymentRecord = {
  /** The construct's, in the app: two deployments of one name may go to two accounts. */
  readonly path: string;
  readonly settings: Settings & { readonly name: string };
  readonly tasks: string;
  readonly nativePackages: readonly string[];
};

/** The file of a deployment in the cloud assembly ends so, behind its path. */
export const RECORD_ENDING = '.deployment.json';

/** Has a synth write what a deployment is made with beside its stacks, for `millrace plan`: nothing of it is deployed. */
export function recordDeployment(millrace: Construct, made: Omit<DeploymentRecord, 'path'>): void {
  const { path } = millrace.node;
  const record: DeploymentRecord = { path, ...made };
  attachCustomSynthesis(millrace, {
    onSynthesize: ({ outdir }) =>
      writeFileSync(join(outdir, `${path.replaceAll('/', '.')}${RECORD_ENDING}`), JSON.stringify(record)),
  });
}
