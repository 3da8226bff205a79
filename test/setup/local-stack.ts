import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../local/free-port.ts';
import { startLocalStack } from '../../local/local-stack.ts';

/** The suites know this of the stack they run against. */
export type StackUnderTest = {
  readonly url: string;
  readonly apiKey: string;
  readonly awsEndpoint: string;
  readonly tasksTables: readonly string[];
  readonly definitionsTable: string;
  readonly payloadBucket: string;
  readonly eventBus: string;
  readonly accessTable: string;
  readonly schedulesTable: string;
  readonly webhooksTable: string;
  readonly signingSecretsTable: string;
  readonly statisticsTable: string;
  readonly historyTable: string;
  readonly controlTable: string;
  /** The tables and queues are those of the second implementation. */
  readonly isSecond?: boolean;
  /** Its templates were synthesized to this directory. */
  readonly assembly: string;
  /** The functions are children of this process. */
  readonly serverPid: number;
  /** Pages of this origin may call the API; nobody serves them yet. */
  readonly pageOrigin: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    readonly stack: StackUnderTest;
  }
}

/** There is more than one of each, so that all that goes by shard is tried by whatever is tried. */
const SHARDED = { tableShards: '2', indexShards: '2', shards: '{"default":2}' };

/** Deploys the stacks once for all projects, as `npm start` does. */
export default async function setup({ vitest }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const root = vitest.getRootProject();
  if ('stack' in root.getProvidedContext()) return undefined;
  const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  const pageOrigin = `http://localhost:${await freePort([])}`;
  const stack = await startLocalStack({
    stateDirectory,
    context: { ...SHARDED, corsOrigins: pageOrigin },
  });
  const data = stack.outputs['millrace-data'] ?? {};
  root.provide('stack', {
    url: stack.url,
    apiKey: stack.apiKey,
    awsEndpoint: stack.awsEndpoint,
    tasksTables: (data.TasksTableNames ?? '').split(','),
    definitionsTable: data.DefinitionsTableName ?? '',
    payloadBucket: data.PayloadBucketName ?? '',
    eventBus: data.EventBusName ?? '',
    accessTable: data.AccessTableName ?? '',
    schedulesTable: data.SchedulesTableName ?? '',
    webhooksTable: data.WebhooksTableName ?? '',
    signingSecretsTable: data.SigningSecretsTableName ?? '',
    statisticsTable: data.StatisticsTableName ?? '',
    historyTable: data.HistoryTableName ?? '',
    controlTable: data.ControlTableName ?? '',
    assembly: join(stateDirectory, 'cdk.out'),
    serverPid: stack.pid ?? 0,
    pageOrigin,
  });
  return async () => {
    stack.kill();
    await stack.ended;
    await rm(stateDirectory, { recursive: true, force: true });
  };
}
