/**
 * The CPU that an executor takes for each task that does nothing, ten in a batch, beside what is usual: the batch processor
 * of Powertools with its idempotency on DynamoDB. One process, in turns: `npm run loadtest:overhead`. Both are bundled as
 * they are deployed; their tables are dynoxide's, which refuses what DynamoDB refuses, and a stub answers for SQS and counts.
 * With `--profile DIRECTORY` the executor's flame graph is written there afterwards.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DYNOXIDE, hasDynoxide } from '../local/second-implementation.mjs';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';
import { writeProfile } from './cpu-profile.ts';

const ROUNDS = 15;
const BATCHES_A_ROUND = 60;
const BATCH = 10;
/** The executor's CPU may be so many times that of Powertools. */
const BUDGET = 0.5;
const root = join(import.meta.dirname, '..');
const { profile } = parseArgs({ options: { profile: { type: 'string' } } }).values;

type Handler = (event: SQSEvent, context: Partial<Context>) => Promise<SQSBatchResponse>;

/** The port is free on most machines; dynoxide says so where it is not. */
const DYNAMO_PORT = 4_790;
const KEYS = { tasks: 'pk', definitions: 'type', control: 'pk', idempotency: 'id' };

if (!hasDynoxide()) throw new Error('dynoxide is not installed: run `node local/install.mjs --tests`');
const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const tables = spawn(DYNOXIDE, ['--port', String(DYNAMO_PORT), '--log', 'quiet'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
const stub = fork(join(import.meta.dirname, 'aws-stub.ts'), [String(DYNAMO_PORT)]);
/** Prepares what is beside the measurement: makes the tables, and the rows of tasks as a router has written them. */
const dynamo = new DynamoDBClient({
  endpoint: `http://127.0.0.1:${DYNAMO_PORT}`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 10,
});
let batches = 0;
try {
  const [port] = await once(stub, 'message');
  await dynamo.send(new ListTablesCommand());
  for (const [TableName, name] of Object.entries(KEYS)) await createTable(TableName, name);
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
  const title = 'The executor: batches of ten tasks that do nothing';
  const profiled = profile && (await profileOf(handlers.executor, title, profile));
  process.stdout.write = write;
  const usual = median(micros.powertools);
  const ours = median(micros.executor);
  console.log(`CPU of a task, median of ${ROUNDS} rounds of ${BATCHES_A_ROUND} batches of ${BATCH}:`);
  console.log(`  Powertools ${usual.toFixed(0)} µs; AWS calls for each task: ${calls.powertools}`);
  console.log(`  executor   ${ours.toFixed(0)} µs; AWS calls for each task: ${calls.executor}`);
  console.log(`ratio ${(ours / usual).toFixed(2)} (budget ${BUDGET.toFixed(2)})`);
  if (profiled !== undefined) console.log(profiled);
  if (ours / usual > BUDGET) process.exitCode = 1;
} catch (error) {
  // The executor keeps to itself what nobody catches, as it does in Lambda.
  console.error(error);
  process.exitCode = 1;
} finally {
  stub.disconnect();
  tables.kill();
  await rm(directory, { recursive: true });
}

async function loaded(entry: string, name: string, catalog?: string): Promise<Handler> {
  const file = await bundled(join(root, entry), name, directory, catalog, profile !== undefined);
  return ((await import(file)) as { handler: Handler }).handler;
}

/** Measures the microseconds of CPU, of this process alone, for one task; batch after batch, as a warm function gets them. */
async function cpuOf(handler: Handler): Promise<number> {
  const events = await eventsOfRound();
  await callsOfRound();
  const before = process.cpuUsage();
  await handle(events, handler);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (BATCHES_A_ROUND * BATCH);
}

async function profileOf(handler: Handler, title: string, into: string): Promise<string> {
  const rounds = [await eventsOfRound(), await eventsOfRound(), await eventsOfRound()];
  return writeProfile('executor', title, into, () => handle(rounds.flat(), handler));
}

async function eventsOfRound(): Promise<SQSEvent[]> {
  const events = Array.from({ length: BATCHES_A_ROUND }, eventOfBatch);
  for (const event of events) await insertRows(event);
  return events;
}

async function handle(events: readonly SQSEvent[], handler: Handler): Promise<void> {
  const context = { functionName: 'executor', getRemainingTimeInMillis: () => 60_000 };
  for (const event of events) {
    const { batchItemFailures: failures } = await handler(event, context);
    if (failures.length > 0) throw new Error(`${failures.length} tasks of a batch failed`);
  }
}

/** Makes ten tasks, each in a message of its own, as the event source hands them over. */
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

async function createTable(TableName: string, AttributeName: string): Promise<void> {
  await dynamo.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}

async function insertRows({ Records: records }: SQSEvent): Promise<void> {
  const rows = records.map(({ body }) => rowOf(JSON.parse(body).tasks[0].id));
  await dynamo.send(
    new BatchWriteItemCommand({ RequestItems: { tasks: rows.map((Item) => ({ PutRequest: { Item } })) } }),
  );
}

/** Makes the row of a task that nobody has claimed. */
function rowOf(id: string): Record<string, AttributeValue> {
  return {
    pk: { S: `acme#${id}` },
    tenantId: { S: 'acme' },
    type: { S: 'noop' },
    indexShard: { N: '0' },
    order: { S: id.slice(0, 26) },
    priority: { S: 'normal' },
    executorKey: { S: 'default/normal/0' },
    maxAttempts: { N: '3' },
    timeoutSeconds: { N: '15' },
    input: { S: '{"name":"Ada"}' },
    fingerprint: { S: '-' },
    statusGroup: { S: 'succeeded' },
    status: { S: 'queued' },
    attempt: { N: '0' },
  };
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
