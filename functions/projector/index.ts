import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { EventBridgeTaskEvents } from '../adapters/eventbridge-task-events.ts';
import { type Row, taskOfRow } from '../adapters/task-row.ts';
import { eventBridgeClient } from '../runtime/clients.ts';
import { env } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { beginTrace, traced } from '../runtime/xray-tracing.ts';
import { changeOf } from './change-of.ts';
import { type ProjectPorts, project } from './project.ts';

const queueUrlPrefix = env('queueUrlPrefix');

const ports: ProjectPorts = {
  events: new EventBridgeTaskEvents(traced(eventBridgeClient()), {
    busName: env('eventBus'),
    queueNamePrefix: queueUrlPrefix.slice(queueUrlPrefix.lastIndexOf('/') + 1),
  }),
  sleep,
  log,
};

export const handler = async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
  await beginTrace();
  // A task's row has no binary attribute, the one kind that a stream writes otherwise than the client.
  const changes = records.map((record) => changeOf(record, (image) => taskOfRow(image as Row)));
  const failed = await project(changes, ports);
  log('info', 'projected', { records: records.length, failed_from: failed ?? null });
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
};
