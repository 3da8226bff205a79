import { setTimeout as sleep } from 'node:timers/promises';
import { taskOfRow } from '../adapters/dynamo/task-row.ts';
import { usageOfRows } from '../adapters/dynamo/task-usage.ts';
import { EventBridgeTaskEvents } from '../adapters/task-events.ts';
import { once } from '../core/concurrency.ts';
import { dynamoClient, eventBridgeClient } from '../runtime/clients.ts';
import { env, queueNamePrefix, tellsOutputs } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { payloadStore, projectorPorts } from '../runtime/wiring.ts';
import { type RowReaders, type ShardEvent, streamShardOf } from './changes.ts';
import { projectEvent } from './project-event.ts';
import { projectShard } from './project-shard.ts';
import { publishEvents } from './publish-events.ts';

const meter = new EmfMeter();
const shardPorts = once(() => projectorPorts(meter));
const publishPorts = once(() => {
  const bus = { busName: env('eventBus'), queueNamePrefix: queueNamePrefix() };
  const payloads = tellsOutputs() ? payloadStore(dynamoClient(), meter) : undefined;
  return { events: new EventBridgeTaskEvents(eventBridgeClient(), bus), payloads, sleep, log };
});

// A task's row has no binary attribute, the one kind that a stream writes otherwise than the client.
const readers = { readTask: taskOfRow, readUsage: usageOfRows } as RowReaders;

// They are two functions of one bundle: each has only the environment and the role of its own.
export const handler = (event: ShardEvent) =>
  projectEvent(event, readers, (changes) => projectShard(streamShardOf(event), changes, shardPorts())).finally(() =>
    meter.flush(),
  );
export const events = (event: ShardEvent) =>
  projectEvent(event, readers, (changes) => publishEvents(changes, publishPorts())).finally(() => meter.flush());
