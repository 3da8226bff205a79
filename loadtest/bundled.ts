import { join } from 'node:path';
import { build } from 'esbuild';

/** What the router's environment says, in a deployment of nothing. */
export const ROUTER_ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  POWERTOOLS_SERVICE_NAME: 'millrace',
  MILLRACE_TASKS_TABLES: 'tasks',
  MILLRACE_DEFINITIONS_TABLE: 'definitions',
  MILLRACE_STATISTICS_TABLE: 'statistics',
  MILLRACE_CONTROL_TABLE: 'control',
  MILLRACE_CONCURRENCY: '{}',
  MILLRACE_PAYLOAD_BUCKET: 'payloads',
  MILLRACE_QUEUE_URL_PREFIX: 'https://sqs.us-east-1.amazonaws.com/000000000000/millrace-',
  MILLRACE_INDEX_SHARDS: '8',
  MILLRACE_RETENTION_DAYS: '14',
  MILLRACE_EXECUTOR_SHARDS: '{}',
};

/** Bundles a file as functions are deployed, and returns the path of the bundle. */
export async function bundled(entry: string, name: string, directory: string): Promise<string> {
  await build({
    entryPoints: { [name]: entry },
    outdir: directory,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    banner: { js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);" },
    minify: true,
    logLevel: 'error',
  });
  return join(directory, `${name}.mjs`);
}
