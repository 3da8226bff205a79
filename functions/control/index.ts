import { schedules as declared, tasks } from 'millrace:tasks';
import type { ScheduledHandler } from 'aws-lambda';
import { LambdaEventSources } from '../adapters/event-sources.ts';
import { dynamoClient, lambdaClient, sqsClient } from '../runtime/clients.ts';
import { deployedClasses, env } from '../runtime/env.ts';
import { log } from '../runtime/log.ts';
import { EmfMeter } from '../runtime/meter.ts';
import { surviveStrayErrors } from '../runtime/stray-errors.ts';
import { laneLoads, laneSnapshot, queueDepths, sweeperPorts } from '../runtime/wiring.ts';
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
const lambda = lambdaClient();

// They are two functions of one bundle: each has only the environment and the role of its own.
export const sweeper: ScheduledHandler = async (_event, context) => {
  const deadline = clock() + context.getRemainingTimeInMillis() - MARGIN_MILLISECONDS;
  const ports = { ...sweeperPorts(dynamo, sqs, meter, tasks), declared };
  await runSweeper(deadline, ports).finally(() => meter.flush());
};

export const governor: ScheduledHandler = async () => {
  const sources = new LambdaEventSources(lambda, env('queueArnPrefix'));
  const lanes = { depths: queueDepths(sqs), sources, loads: laneLoads(dynamo), snapshot: laneSnapshot(dynamo) };
  await governLanes({ ...lanes, classes: deployedClasses(), clock, log, meter }).finally(() => meter.flush());
};
