import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeTaskEvents } from '../adapters/eventbridge-task-events.ts';
import { type Row, taskOfRow } from '../adapters/task-row.ts';
import { dynamoClient, eventBridgeClient } from '../runtime/clients.ts';
import { env, eventBus } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { statistics } from '../runtime/wiring.ts';
import { beginTrace, traced } from '../runtime/xray-tracing.ts';
import { changeOf, type ShardEvent, shardOf } from './change-of.ts';
import { type ProjectPorts, project } from './project.ts';

const queueUrlPrefix = env('queueUrlPrefix');
const queueNamePrefix = queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1);
const busName = eventBus();

const ports: ProjectPorts = {
  statistics: statistics(traced(dynamoClient())),
  events:
    busName === undefined
      ? undefined
      : new EventBridgeTaskEvents(traced(eventBridgeClient()), { busName, queueNamePrefix }),
  sleep,
  log,
};

export const handler = async (event: ShardEvent) => {
  await beginTrace();
  // A task's row has no binary attribute, the one kind that a stream writes otherwise than the client.
  const changes = event.Records.map((record) => changeOf(record, (image) => taskOfRow(image as Row)));
  const failed = await project(shardOf(event), changes, ports);
  log('info', 'projected', { records: changes.length, failed_from: failed ?? null });
  // A window asks for its state, be it empty.
  return { state: {}, batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
};
