/**
 * The CPU that an executor takes for each task that does nothing, ten in a batch, beside what is usual: the batch processor
 * of Powertools with its idempotency on DynamoDB. One process, in turns: `npm run loadtest:overhead`. Both are bundled as
 * they are deployed and talk to a stub that answers at once and counts.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';

const ROUNDS = 15;
const BATCHES_A_ROUND = 60;
const BATCH = 10;
/** The executor's CPU may be so many times that of Powertools. */
const BUDGET = 0.5;
const root = join(import.meta.dirname, '..');

type Handler = (event: SQSEvent, context: Partial<Context>) => Promise<SQSBatchResponse>;

const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const stub = fork(join(import.meta.dirname, 'aws-stub.ts'));
let batches = 0;
try {
  const [port] = await once(stub, 'message');
  Object.assign(process.env, FUNCTION_ENVIRONMENT, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
  const noop = join(import.meta.dirname, 'noop-tasks.ts');
  const handlers = {
    powertools: await loaded('loadtest/powertools-batch.ts', 'powertools'),
    executor: await loaded('functions/executor/index.ts', 'executor', noop),
  };
  // What both write to stdout is part of the work and none of the report.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  const micros = { powertools: [] as number[], executor: [] as number[] };
  const calls = { powertools: '', executor: '' };
  for (let round = -3; round < ROUNDS; round++) {
    for (const name of ['powertools', 'executor'] as const) {
      const taken = await cpuOf(handlers[name]);
      calls[name] = await callsOfRound();
      if (round >= 0) micros[name].push(taken);
    }
  }
  process.stdout.write = write;
  const [usual, ours] = [median(micros.powertools), median(micros.executor)];
  console.log(`CPU of a task, median of ${ROUNDS} rounds of ${BATCHES_A_ROUND} batches of ${BATCH}:`);
  console.log(`  Powertools ${usual.toFixed(0)} µs; AWS calls for each task: ${calls.powertools}`);
  console.log(`  executor   ${ours.toFixed(0)} µs; AWS calls for each task: ${calls.executor}`);
  console.log(`ratio ${(ours / usual).toFixed(2)} (budget ${BUDGET.toFixed(2)})`);
  if (ours / usual > BUDGET) process.exitCode = 1;
} finally {
  stub.disconnect();
  await rm(directory, { recursive: true });
}

async function loaded(entry: string, name: string, catalog?: string): Promise<Handler> {
  const file = await bundled(join(root, entry), name, directory, catalog);
  return ((await import(file)) as { handler: Handler }).handler;
}

/** Microseconds of CPU, of this process alone, for one task; batch after batch, as a warm function gets them. */
async function cpuOf(handler: Handler): Promise<number> {
  const events = Array.from({ length: BATCHES_A_ROUND }, eventOfBatch);
  const context = { functionName: 'executor', getRemainingTimeInMillis: () => 60_000 };
  const before = process.cpuUsage();
  for (const event of events) {
    const { batchItemFailures: failures } = await handler(event, context);
    if (failures.length > 0) throw new Error(`${failures.length} tasks of a batch failed`);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (BATCHES_A_ROUND * BATCH);
}

/** Ten tasks, each in a message of its own, as the event source hands them over. */
function eventOfBatch(): SQSEvent {
  batches++;
  const Records = Array.from({ length: BATCH }, (_, index) => {
    const unique = String(batches * BATCH + index);
    const task = {
      id: `${unique.padStart(26, '0')}-0`,
      tenantId: 'acme',
      type: 'noop',
      resourceClass: 'default',
      priority: 'normal',
      executorKey: 'default/normal/0',
      maxAttempts: 3,
      timeoutSeconds: 15,
      input: { inline: { name: 'Ada' } },
      fingerprint: '-',
      createdAt: Date.now(),
    };
    return {
      messageId: unique,
      receiptHandle: unique,
      body: JSON.stringify({ v: 1, tasks: [task] }),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: String(Date.now()),
        SenderId: 'millrace',
        ApproximateFirstReceiveTimestamp: String(Date.now()),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:millrace-default-normal-0',
      awsRegion: 'us-east-1',
    };
  });
  return { Records };
}

async function callsOfRound(): Promise<string> {
  stub.send('calls');
  const [calls] = (await once(stub, 'message')) as [Record<string, number>];
  const perTask = Object.entries(calls).map(([name, count]) => [name, count / (BATCHES_A_ROUND * BATCH)] as const);
  const sum = perTask.reduce((total, [, count]) => total + count, 0);
  return `${sum.toFixed(2)} (${perTask.map(([name, count]) => `${name} ${count.toFixed(2)}`).join(', ')})`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
