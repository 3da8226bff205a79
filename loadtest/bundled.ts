import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { RESOURCE_CLASS_SPECS } from '../functions/resource-classes.ts';
import { DOOR_BUILD, filesOf, TASK_CATALOG } from '../lib/constructs/door-build.ts';
import { discoverTasks } from '../lib/task-discovery.ts';

/** A function's environment says this in a deployment of nothing. */
export const FUNCTION_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  POWERTOOLS_SERVICE_NAME: 'millrace',
  MILLRACE_TASKS_TABLES: 'tasks',
  MILLRACE_DEFINITIONS_TABLE: 'definitions',
  MILLRACE_SCHEDULES_TABLE: 'schedules',
  MILLRACE_WEBHOOKS_TABLE: 'webhooks',
  MILLRACE_SIGNING_SECRETS_TABLE: 'signing-secrets',
  MILLRACE_ACCESS_TABLE: 'access',
  MILLRACE_STATISTICS_TABLE: 'statistics',
  MILLRACE_HISTORY_TABLE: 'history',
  MILLRACE_AUDIT_RETENTION_DAYS: '365',
  MILLRACE_CONTROL_TABLE: 'control',
  MILLRACE_FIXED_HOURLY_DOLLARS: '0.05',
  MILLRACE_PAYLOAD_BUCKET: 'payloads',
  MILLRACE_QUEUE_URL_PREFIX: 'https://sqs.us-east-1.amazonaws.com/000000000000/millrace-',
  MILLRACE_QUEUE_ARN_PREFIX: 'arn:aws:sqs:us-east-1:000000000000:millrace-',
  MILLRACE_EVENT_BUS: 'default',
  MILLRACE_INDEX_SHARDS: '8',
  MILLRACE_RETENTION_DAYS: '14',
  MILLRACE_WAITERS: '50',
  MILLRACE_BULK_RATE_PER_SECOND: '200',
  MILLRACE_BULK_ACTIONS_FUNCTION: 'millrace-bulk-actions',
  MILLRACE_CLASSES: JSON.stringify(RESOURCE_CLASS_SPECS),
  MILLRACE_DEAD_LETTER_QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/millrace-default-dead-letters',
  MILLRACE_OUTBOUND_HOSTS: '*',
  MILLRACE_RESOURCE_CLASS: 'default',
};

/**
 * Bundles a file as functions are deployed, and returns the path of the bundle. `catalog`: a file to take the place of the
 * task types. `hasNames`: functions keep their names, for whoever reads a profile.
 */
export async function bundled(
  entry: string,
  name: string,
  directory: string,
  catalog?: string,
  hasNames = false,
): Promise<string> {
  const built = await build({
    ...DOOR_BUILD,
    ...(hasNames && { minify: false, minifySyntax: true, minifyWhitespace: true }),
    alias: { [TASK_CATALOG]: catalog ?? discoverTasks('tasks').catalogFile },
    entryPoints: { [name]: entry },
    outdir: directory,
  });
  await Promise.all(
    Object.entries(filesOf(built)).map(async ([path, contents]) => {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), contents);
    }),
  );
  return join(directory, `${name}.mjs`);
}
