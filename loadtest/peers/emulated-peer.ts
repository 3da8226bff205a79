import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { localTarget } from '../../local/aws-target.ts';
import { deployStacks } from '../../local/deployment.ts';
import { startMiniStack } from '../../local/ministack.ts';
import { quietProgress } from '../../local/progress.ts';
import { COUNTING_SERVER, EmulatedCloud, type FunctionParts, untilAnswering } from './emulated-cloud.ts';
import { type Peer, TENANTS } from './peer.ts';

type Facts = Pick<Peer, 'name' | 'title' | 'setup' | 'advantage' | 'exempt' | 'tasksPerBulk' | 'killLimitSeconds'>;

export type Deployment = {
  readonly parts: FunctionParts;
  /** Does what the local cloud does not do of the stack itself. */
  readonly complete?: (endpoint: string) => Promise<void>;
};

/** Deploys a stack of AWS by the CDK to a local cloud of its own: `<name>/app.ts`, which names its tables in its outputs. */
export async function startEmulatedPeer(
  facts: Facts,
  { parts, complete }: Deployment,
  signal: AbortSignal,
): Promise<Peer> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-peers-'));
  const server = await startMiniStack([], {
    directory: join(directory, 'cloud'),
    serverScript: COUNTING_SERVER,
    signal,
  });
  const stop = async (): Promise<void> => {
    server.kill();
    await server.ended;
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const target = localTarget(server.endpoint);
    const app = `${process.execPath} ${join(import.meta.dirname, facts.name, 'app.ts')}`;
    const outputs = await deployStacks(
      { target, directory, signal },
      { context: {}, app, environment: 'aws://000000000000/us-east-1' },
      quietProgress,
    );
    await complete?.(server.endpoint);
    const { TasksTable = '', KeysTable = '' } = outputs[facts.name] ?? {};
    const keys = { noisy: randomBytes(24).toString('hex'), quiet: randomBytes(24).toString('hex') };
    const dynamo = new DynamoDBClient(target.client);
    for (const tenant of TENANTS) {
      const hash = createHash('sha256').update(keys[tenant]).digest('hex');
      const Item = { hash: { S: hash }, tenantId: { S: tenant } };
      await dynamo.send(new PutItemCommand({ TableName: KeysTable, Item }));
    }
    await server.keep();
    await untilAnswering(server.endpoint, keys.noisy);
    const cloud = new EmulatedCloud(server.endpoint, server.pid, parts);
    return {
      ...facts,
      url: server.endpoint,
      keys,
      processes: () => cloud.processes(),
      calls: () => cloud.calls(),
      ended: (ids) => cloud.ended(TasksTable, 'id', ids),
      killWorkers: () => cloud.killWorkers(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
