import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  TooManyRequestsException,
} from '@aws-sdk/client-lambda';
import { SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PRIORITIES } from '../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { submit } from '../e2e/api.ts';
import { endedTasks, repeatedAmong, startWitness } from './attempts-seen.ts';
import { deadLetters } from './dead-letters.ts';

const FunctionName = 'millrace-executor-io-intensive-0';
/** The tasks go to these lanes: the last ones find their own crowded. */
const LANES = [...PRIORITIES, 'express'] as const;
const TASKS_OF_A_LANE = 25;
const ANSWER_MILLISECONDS = 1_500;
const THROTTLED_SECONDS = 20;
/** A lane’s own visibility timeout is 660 s: a throttled message comes again only then, and the test would take as long. */
const VISIBILITY_SECONDS = 8;

const lambda = new LambdaClient({ ...awsClient, maxAttempts: 1 });
const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
const { functionTimeoutSeconds } = RESOURCE_CLASS_SPECS['io-intensive'];

const reserve = (ReservedConcurrentExecutions: number) =>
  lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));

const hideFor = (seconds: number) =>
  Promise.all(
    LANES.map((kind) =>
      sqs.send(
        new SetQueueAttributesCommand({
          QueueUrl: `${awsClient.endpoint}/000000000000/millrace-io-intensive-${kind}-0`,
          Attributes: { VisibilityTimeout: String(seconds) },
        }),
      ),
    ),
  );

let reserved: number;
beforeAll(async () => {
  const { ReservedConcurrentExecutions: found = 0 } = await lambda.send(
    new GetFunctionConcurrencyCommand({ FunctionName }),
  );
  reserved = found;
  await hideFor(VISIBILITY_SECONDS);
});
afterAll(async () => {
  await reserve(reserved);
  await hideFor(6 * functionTimeoutSeconds);
});

it('neither spends an attempt nor makes a dead letter where Lambda throttles', { timeout: 120_000 }, async () => {
  const workflowInstanceId = `throttled-${Date.now()}`;
  const witness = await startWitness(() => ANSWER_MILLISECONDS);
  const lettersBefore = await deadLetters('io-intensive');
  await reserve(1);
  for (let number = 0; number < TASKS_OF_A_LANE; number++) {
    for (const priority of PRIORITIES) {
      await submit({ type: 'http.request', input: { url: witness.url }, priority, workflowInstanceId });
    }
  }
  const throttled = await throttledInvocations(THROTTLED_SECONDS);
  await reserve(reserved);
  const tasks = await endedTasks(workflowInstanceId, Date.now() + 60_000);
  await witness.close();

  expect(throttled).toBeGreaterThan(0);
  expect(tasks).toHaveLength(PRIORITIES.length * TASKS_OF_A_LANE);
  expect(tasks.filter(({ status, attempt }) => status !== 'succeeded' || attempt !== 1)).toEqual([]);
  expect(repeatedAmong(witness.attempts)).toEqual([]);
  expect(witness.attempts).toHaveLength(tasks.length);
  expect(await deadLetters('io-intensive')).toBe(lettersBefore);
});

/** Counts how many of our invocations, a second apart, found the one executor busy, as each lane's poller does. */
async function throttledInvocations(seconds: number): Promise<number> {
  let throttled = 0;
  for (let second = 0; second < seconds; second++) {
    try {
      await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ Records: [] }) }));
    } catch (error) {
      if (!(error instanceof TooManyRequestsException)) throw error;
      throttled++;
    }
    await sleep(1_000);
  }
  return throttled;
}
