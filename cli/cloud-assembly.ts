import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** A stack as a synth has written it. */
export type AssembledStack = {
  /** It is unique among the stacks of its assembly; those of a stage are in an assembly of their own. */
  readonly id: string;
  readonly stackName: string;
  /** The directory of its assembly. */
  readonly directory: string;
  readonly templateFile: string;
  /** `undefined` where that is left to whoever deploys. */
  readonly account: string | undefined;
  readonly region: string | undefined;
  /** What it wants of the account's CDK bootstrap, and the SSM parameter that tells what there is. */
  readonly bootstrap: { readonly version: number; readonly parameter: string } | undefined;
};

const manifestSchema = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        environment: z.string().optional(),
        properties: z
          .object({
            stackName: z.string().optional(),
            templateFile: z.string().optional(),
            directoryName: z.string().optional(),
            requiresBootstrapStackVersion: z.number().optional(),
            bootstrapStackVersionSsmParameter: z.string().optional(),
          })
          .default({}),
      }),
    )
    .default({}),
});
type Artifact = NonNullable<z.infer<typeof manifestSchema>['artifacts']>[string];

/** Reads the stacks of a cloud assembly, whoever put them into the app, and those of its stages. */
export async function readStacks(directory: string): Promise<AssembledStack[]> {
  const { artifacts } = manifestSchema.parse(JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')));
  const found = Object.entries(artifacts).map(async ([id, artifact]) => {
    if (artifact.type === 'aws:cloudformation:stack') return [stackOf(directory, id, artifact)];
    const { directoryName } = artifact.properties;
    if (artifact.type !== 'cdk:cloud-assembly' || directoryName === undefined) return [];
    return readStacks(join(directory, directoryName));
  });
  return (await Promise.all(found)).flat();
}

function stackOf(directory: string, id: string, { environment = '', properties }: Artifact): AssembledStack {
  const { stackName = id, templateFile = `${id}.template.json` } = properties;
  const { requiresBootstrapStackVersion: version, bootstrapStackVersionSsmParameter: parameter } = properties;
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment) ?? [];
  return {
    id,
    stackName,
    directory,
    templateFile: join(directory, templateFile),
    account: known(account),
    region: known(region),
    bootstrap: version === undefined || parameter === undefined ? undefined : { version, parameter },
  };
}

/** The CDK writes `unknown-account` and `unknown-region` for what it is told when it deploys. */
const known = (part: string | undefined): string | undefined =>
  part?.startsWith('unknown-') === true ? undefined : part;
