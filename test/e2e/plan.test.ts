import { setTimeout as sleep } from 'node:timers/promises';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_REQUEST_MESSAGES } from '../../functions/contract.ts';
import { encodeMessage, encodeTask } from '../../functions/core/task/message.ts';
import { deployConfig, deployedDefinitions } from '../../planner/deployment.ts';
import { makePlan } from '../../planner/plan.ts';
import { parsePlanArguments } from '../../planner/plan-arguments.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const TASKS = 200;
const MILLISECONDS = 300;

/** The receiver takes so long for each request: always the same, or as if by chance with the same mean. */
const DELAYS = {
  fixed: () => MILLISECONDS,
  exponential: (request: number) => -MILLISECONDS * Math.log(1 - ((request * 0.618034) % 1)),
};

/** The machine does other things too, and takes its chances with lengths: the plan has to be right within these. */
const LEAST_RATIO = 0.5;
const MOST_RATIO = 2;

const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });
const QueueUrl = `${awsClient.endpoint}/000000000000/millrace-io-intensive-normal-0`;

let receiver: Receiver;
let delayOf: (request: number) => number = DELAYS.fixed;
/** Each task began and ended at these times, as the receiver saw it. */
let [starts, ends]: [number[], number[]] = [[], []];
beforeAll(async () => {
  receiver = await startReceiver((request) => async (_, response) => {
    starts.push(performance.now());
    await sleep(delayOf(request));
    ends.push(performance.now());
    response.end('done');
  });
});
afterAll(() => receiver.close());

/**
 * Runs so many tasks that wait together; returns the seconds from the first start to the last end, and to the median
 * start.
 */
async function measured(tasks: number): Promise<{ readonly lasted: number; readonly medianWait: number }> {
  [starts, ends] = [[], []];
  const bodies = Array.from({ length: tasks }, () =>
    encodeMessage([
      encodeTask(
        taskSeed({
          tenantId: tenant('local'),
          type: 'http.request',
          resourceClass: 'io-intensive',
          executorKey: 'io-intensive/normal/0',
          input: { inline: { url: receiver.url } },
          // The message of a task that is past its retention is dropped.
          createdAt: Date.now(),
        }),
      ),
    ]),
  );
  for (let sent = 0; sent < tasks; sent += MAX_REQUEST_MESSAGES) {
    const Entries = bodies.slice(sent, sent + MAX_REQUEST_MESSAGES).map((MessageBody, index) => ({
      Id: String(index),
      MessageBody,
      MessageGroupId: 'local',
    }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
  for (const deadline = Date.now() + 45_000; ends.length < tasks; await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`only ${ends.length} of ${tasks} tasks have run`);
  }
  const [first = 0] = starts;
  return {
    lasted: (Math.max(...ends) - first) / 1000,
    medianWait: ((starts.toSorted((a, b) => a - b)[tasks / 2 - 1] ?? 0) - first) / 1000,
  };
}

const definitions = deployedDefinitions();

function planned(spread: string, overheadSeconds: number) {
  const overhead = `${Math.round(Math.max(0, overheadSeconds) * 1000)}ms`;
  const here = ['--cold-start', '0s', '--delivery', '0s', '--overhead', overhead, '-c', 'preset=dev'];
  const what = ['--backlog', String(TASKS), '--class', 'io-intensive', '--duration', `${MILLISECONDS}ms`];
  const args = parsePlanArguments([...what, '--spread', spread, ...here]);
  if (args === undefined) throw new Error('nothing was asked for');
  const { lastedSeconds, lanes } = makePlan(args, deployConfig(args.context), definitions);
  return {
    lasted: lastedSeconds - overheadSeconds,
    medianWait: lanes.find(({ kind }) => kind === 'normal')?.waitSeconds?.p50 ?? 0,
  };
}

/**
 * Measures what claiming and settling take here and now: between the first and the last start of one of two executors
 * that share 100 tasks, ten at a time, are four goes.
 */
async function overheadNow(): Promise<number> {
  delayOf = DELAYS.fixed;
  await measured(100);
  const sorted = starts.toSorted((a, b) => a - b);
  return Math.max(0, ((sorted[90] ?? 0) - (sorted[10] ?? 0)) / 4 - MILLISECONDS) / 1000;
}

const SECONDS = 1000;

describe('a plan and the stack agree on what 200 waiting tasks take', () => {
  // What is loaded for the first time takes longer than it ever will.
  beforeAll(() => measured(60));

  it.each(Object.entries(DELAYS))('of 300 ms, %s', { timeout: 120 * SECONDS }, async (spread, delay) => {
    const overheadSeconds = await overheadNow();
    delayOf = delay;
    const here = await measured(TASKS);
    const plan = planned(spread, overheadSeconds);
    const ratio = plan.lasted / here.lasted;
    const pair = (of: 'lasted' | 'medianWait') => `${plan[of].toFixed(2)} s planned, ${here[of].toFixed(2)} s measured`;
    const [lasted, wait] = [pair('lasted'), pair('medianWait')];
    console.log(
      `${TASKS} tasks, ${spread}, overhead ${overheadSeconds.toFixed(3)} s: ${lasted}, ratio ${ratio.toFixed(2)}; median wait ${wait}`,
    );
    expect(ratio).toBeGreaterThan(LEAST_RATIO);
    expect(ratio).toBeLessThan(MOST_RATIO);
  });
});
