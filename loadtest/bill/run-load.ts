import { setTimeout as sleep } from 'node:timers/promises';
import { LambdaClient, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { localTarget } from '../../local/aws-target.ts';
import type { ReferenceLoad } from '../../planner/costs/reference-loads.ts';
import { Load, noop, untilEnded } from '../peers/load.ts';
import { startMeter, type Usage } from '../peers/meter.ts';
import type { Peer } from '../peers/peer.ts';
import { readUsage, usageBetween, type WireUsage } from './usage.ts';

/** What a load did and used. */
export type LoadRun = {
  readonly tasks: number;
  /** From the first submit until the last task had ended. */
  readonly seconds: number;
  readonly usage: WireUsage;
  /** Milliseconds of CPU on this machine, by part. */
  readonly cpu: Usage['cpu'];
};

export type Pace = { readonly tasksPerSecond: number; readonly seconds: number };

const LANE_ARN = 'arn:aws:sqs:us-east-1:000000000000:millrace-default-normal-0';
const BATCH_MESSAGES = 10;
/** So long an event source waits for its batch to be full: no load is so slow that this is not enough. */
const WINDOW_SECONDS = 5;
const CONNECTIONS = 20;
/** Until event sources have seen what they were told, and readers of streams have told of the last task. */
const SETTLE_MILLISECONDS = 3_000;

/** Runs a load on a metered stack at a pace. Throws where a task has not succeeded. */
export async function runLoad(peer: Peer, { bulk, batch }: ReferenceLoad, pace: Pace): Promise<LoadRun> {
  const endpoint = new URL(peer.url).origin;
  await gather(endpoint, batch === 1 ? 1 : BATCH_MESSAGES);
  const load = new Load({ ...peer, tasksPerBulk: bulk }, CONNECTIONS);
  try {
    await sleep(SETTLE_MILLISECONDS);
    const before = await readUsage(endpoint);
    const stopMeter = await startMeter(peer);
    const began = Date.now();
    const ids = await (bulk === 1 ? singles(load, pace) : bulks(load, bulk, pace));
    const ended = await untilEnded(peer, ids);
    const failed = ids.filter((id) => ended.get(id)?.status !== 'succeeded');
    if (failed.length > 0) throw new Error(`${failed.length} of ${ids.length} tasks have not succeeded: ${failed[0]}`);
    const { cpu } = await stopMeter();
    const last = Math.max(...[...ended.values()].map(({ finishedAt }) => finishedAt));
    await sleep(SETTLE_MILLISECONDS);
    const usage = usageBetween(before, await readUsage(endpoint));
    return { tasks: ids.length, seconds: (last - began) / 1000, usage, cpu };
  } finally {
    await load.close();
  }
}

/** Has the lane's event source take batches of so many messages, and wait for them to be full. */
async function gather(endpoint: string, messages: number): Promise<void> {
  const lambda = new LambdaClient(localTarget(endpoint).client);
  const { EventSourceMappings: mappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ EventSourceArn: LANE_ARN }),
  );
  for (const { UUID } of mappings) {
    const MaximumBatchingWindowInSeconds = messages === 1 ? 0 : WINDOW_SECONDS;
    await lambda.send(
      new UpdateEventSourceMappingCommand({ UUID, BatchSize: messages, MaximumBatchingWindowInSeconds }),
    );
  }
}

async function singles(load: Load, { tasksPerSecond, seconds }: Pace): Promise<string[]> {
  return (await load.openLoop(tasksPerSecond, seconds)).map(({ id }) => id);
}

async function bulks(load: Load, bulk: number, { tasksPerSecond, seconds }: Pace): Promise<string[]> {
  const began = Date.now();
  const submits: Promise<string[]>[] = [];
  for (let index = 0; index < (tasksPerSecond * seconds) / bulk; index++) {
    await sleep(Math.max(0, began + (index * bulk * 1000) / tasksPerSecond - Date.now()));
    submits.push(load.submitBulk(Array(bulk).fill(noop)));
  }
  return (await Promise.all(submits)).flat();
}
