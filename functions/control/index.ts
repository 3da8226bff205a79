import type { ScheduledHandler } from 'aws-lambda';
import { tasks } from '../../tasks/index.ts';
import { DynamoDueTasks } from '../adapters/dynamo-due-tasks.ts';
import { dynamoClient, sqsClient } from '../runtime/clients.ts';
import { taskStoreOptions } from '../runtime/env.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { taskPorts } from '../runtime/wiring.ts';
import { beginTrace, traced } from '../runtime/xray-tracing.ts';
import { type SweepPorts, sweep } from './sweep.ts';

/** What a run leaves of its time, so that it ends by itself. */
const MARGIN_MILLISECONDS = 10_000;

const [dynamo, meter] = [traced(dynamoClient()), new EmfMeter()];

const ports: SweepPorts = {
  ...taskPorts(dynamo, traced(sqsClient())),
  due: new DynamoDueTasks(dynamo, taskStoreOptions()),
  ...{ catalog: tasks, meter },
};

export const handler: ScheduledHandler = async (_event, context) => {
  await beginTrace();
  await sweep(ports.clock() + context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS, ports);
  meter.flush();
};
