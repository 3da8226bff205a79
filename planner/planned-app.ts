import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Context } from '../cli/context-option.ts';
import { ArgumentError } from '../cli/npm-command.ts';
import { synthesizeApp } from '../cli/synthesis.ts';
import { type DeployConfig, resolveConfig } from '../lib/config.ts';
import { type DeploymentRecord, RECORD_ENDING } from '../lib/deployment-record.ts';
import { discoverTasks } from '../lib/task-discovery.ts';
import type { TaskMetadata } from '../lib/task-metadata.ts';

/** A deployment that an app makes, with all classes that it may have, and its task types. */
export type PlannedDeployment = { readonly config: DeployConfig; readonly definitions: readonly TaskMetadata[] };

const recordSchema = z.object({
  path: z.string(),
  settings: z.looseObject({ name: z.string() }),
  tasks: z.string(),
  nativePackages: z.array(z.string()),
});
type Made = z.infer<typeof recordSchema>;

/** A synth that is only looked at needs nothing of an account, and its templates are not sent. */
const LOOKED_AT = { AWS_EC2_METADATA_DISABLED: 'true', CDK_VALIDATION: 'false' };

/**
 * Returns a deployment of the app of this directory as `cdk deploy` would make it, whatever of it stands in `cdk.json` or in code. Throws
 * `SynthesisFailure` with what the app has to say, and `ArgumentError` where it is not known which of several is meant.
 */
export async function plannedDeployment(context: Context, name: string | undefined): Promise<PlannedDeployment> {
  const output = await mkdtemp(join(tmpdir(), 'millrace-plan-'));
  try {
    await synthesizeApp(process.cwd(), output, context, { ...process.env, ...LOOKED_AT }, 'withoutCode');
    const { settings, tasks, nativePackages } = chosen(await recordsIn(output), name);
    // It says itself what is wrong with settings.
    const config = resolveConfig(settings as DeploymentRecord['settings'], settings.name);
    return { config, definitions: discoverTasks(tasks, { classes: config.classes, nativePackages }).definitions };
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

/** Reads the records of a cloud assembly, and of those of its stages. */
export async function recordsIn(assembly: string): Promise<Made[]> {
  const found = (await readdir(assembly, { withFileTypes: true })).map(async (entry) => {
    const path = join(assembly, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('assembly-') ? recordsIn(path) : [];
    return entry.name.endsWith(RECORD_ENDING) ? [recordSchema.parse(JSON.parse(await readFile(path, 'utf8')))] : [];
  });
  return (await Promise.all(found)).flat();
}

/** Returns the only record, or that of a name, or of a path in the app. */
export function chosen(records: readonly Made[], asked: string | undefined): Made {
  const meant = records.filter(
    ({ path, settings: { name } }) => asked === undefined || asked === name || asked === path,
  );
  const [record, another] = meant;
  if (record !== undefined && another === undefined) return record;
  if (records.length === 0) throw new ArgumentError('The app makes no deployment: it has no `new Millrace(...)`.');
  const all = records.map(({ path, settings: { name } }) => `${name} (${path})`).toSorted();
  throw new ArgumentError(
    asked === undefined
      ? `The app makes several deployments: say which one by --name, of ${all.join(', ')}.`
      : `--name "${asked}" must be the name, or the path, of one deployment: ${all.join(', ')}.`,
  );
}
