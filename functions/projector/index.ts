import { setTimeout as sleep } from 'node:timers/promises';
import { taskOfRow } from '../adapters/dynamo/task-row.ts';
import { usageOfRows } from '../adapters/dynamo/task-usage.ts';
import { EventBridgeTaskEvents } from '../adapters/task-events.ts';
import { once } from '../core/concurrency.ts';
import { dynamoClient, eventBridgeClient } from '../runtime/clients.ts';
import { env, queueNamePrefix, stepPrices } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { settingsStore, statistics } from '../runtime/wiring.ts';
import { type RowReaders, type ShardEvent, streamShardOf } from './changes.ts';
import { countChanges } from './count-changes.ts';
import { projectEvent } from './project-event.ts';
import { publishEvents } from './publish-events.ts';

const meter = new EmfMeter();
const statisticsPorts = once(() => {
  const dynamo = dynamoClient();
  return { statistics: statistics(dynamo), settings: settingsStore(dynamo), prices: stepPrices(), meter, log };
});
const publishPorts = once(() => {
  const options = { busName: env('eventBus'), queueNamePrefix: queueNamePrefix() };
  const events = new EventBridgeTaskEvents(eventBridgeClient(), options);
  return { events, sleep, log };
});

// A task's row has no binary attribute, the one kind that a stream writes otherwise than the client.
const readers = { readTask: taskOfRow, readUsage: usageOfRows } as RowReaders;

// They are two functions of one bundle: each has only the environment and the role of its own.
export const handler = (event: ShardEvent) =>
  projectEvent(event, readers, (changes) => countChanges(streamShardOf(event), changes, statisticsPorts())).finally(
    () => meter.flush(),
  );
export const events = (event: ShardEvent) =>
  projectEvent(event, readers, (changes) => publishEvents(changes, publishPorts()));
