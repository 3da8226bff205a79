import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../adapters/dynamo/requests/row.ts';
import { taskOfRow } from '../adapters/dynamo/task-row.ts';
import { usageOfRows } from '../adapters/dynamo/task-usage.ts';
import { EventBridgeTaskEvents } from '../adapters/task-events.ts';
import { once } from '../core/concurrency.ts';
import { dynamoClient, eventBridgeClient } from '../runtime/clients.ts';
import { env, stepPrices } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { statistics } from '../runtime/wiring.ts';
import { changeOf, type Projection, projectChanges, type ShardEvent, streamShardOf } from './changes.ts';
import { publishEvents } from './publish-events.ts';
import { updateStatistics } from './update-statistics.ts';

const statisticsPorts = once(() => ({ statistics: statistics(dynamoClient()), prices: stepPrices(), log }));
const publishPorts = once(() => {
  const queueNamePrefix = env('queueUrlPrefix').slice(env('queueUrlPrefix').lastIndexOf('/') + 1);
  const events = new EventBridgeTaskEvents(eventBridgeClient(), { busName: env('eventBus'), queueNamePrefix });
  return { events, sleep, log };
});

// They are two functions of one bundle: each has only the environment and the role of its own.
export const handler = (event: ShardEvent) =>
  handleEvent(event, (changes) => updateStatistics(streamShardOf(event), changes, statisticsPorts()));
export const events = (event: ShardEvent) => handleEvent(event, (changes) => publishEvents(changes, publishPorts()));

async function handleEvent(event: ShardEvent, projection: Projection) {
  // A task's row has no binary attribute, the one kind that a stream writes otherwise than the client.
  const readTask = (image: object) => taskOfRow(image as Row);
  const readUsage = (before: object | undefined, after: object) => usageOfRows(before as Row | undefined, after as Row);
  const changes = event.Records.map((record) => changeOf(record, readTask, readUsage));
  const failed = await projectChanges(changes, projection, log);
  log('info', 'projected', { records: changes.length, failed_from: failed ?? null });
  // A window wants its state back, be it empty.
  return { state: {}, batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}
