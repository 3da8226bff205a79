import { schedules as declared, tasks } from 'millrace:tasks';
import type { Context, ScheduledHandler } from 'aws-lambda';
import { LambdaEventSources } from '../adapters/event-sources.ts';
import { once } from '../core/concurrency.ts';
import { dynamoClient, loadLambda, sqsClient } from '../runtime/clients.ts';
import { deployedClasses, env } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { surviveStrayErrors } from '../runtime/stray-errors.ts';
import { bulkActionPorts, laneLoads, laneSnapshot, queueDepths, sweeperPorts } from '../runtime/wiring.ts';
import { runBulkActions } from './bulk-actions/run-bulk-actions.ts';
import { governLanes } from './govern-lanes.ts';
import { runSweeper } from './run-sweeper.ts';

/** A run leaves this of its time, so that it ends by itself. */
const MARGIN_MILLISECONDS = 10_000;

const clock = Date.now;
const meter = new EmfMeter();
surviveStrayErrors('control', meter);
// Nobody waits for these calls, and a metric costs as much where nothing but the clock writes it: they are not timed.
const dynamo = dynamoClient();
const sqs = sqsClient();
const lambda = once(loadLambda);
const endRun = (): void => meter.flush();
const untilEndOf = (context: Context): number => clock() + context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS;

// They are three functions of one bundle: each has only the environment and the role of its own.
export const sweeper: ScheduledHandler = (_event, context) =>
  runSweeper(untilEndOf(context), { ...sweeperPorts(dynamo, sqs, meter, tasks), declared }).finally(endRun);

export const governor: ScheduledHandler = async () => {
  const sources = new LambdaEventSources(await lambda(), env('queueArnPrefix'));
  const lanes = { depths: queueDepths(sqs), sources, loads: laneLoads(dynamo), snapshot: laneSnapshot(dynamo) };
  await governLanes({ ...lanes, classes: deployedClasses(), clock, log, meter }).finally(endRun);
};

export const bulkActions: ScheduledHandler = (_event, context) =>
  runBulkActions(untilEndOf(context), bulkActionPorts(dynamo, sqs, meter, tasks)).finally(endRun);
