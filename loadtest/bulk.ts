/**
 * Ten thousand failed tasks among a hundred thousand, retried by one call, on the deployment that `npm start` runs: `npm run loadtest:bulk`.
 * The tasks are put into the table as copies of three that have really failed and one that has succeeded, so that nothing is run to
 * get there. The function that carries the bulk action out is killed in the middle. It is shown that each is retried once, that the account adds
 * up, that the rate asked for is kept, and what a quiet tenant waits for beside it, by what it waits for when nothing goes on.
 * `--tasks`, `--failed`, `--rate` and `--samples` make it smaller. Exits with 1 where it is not as it should be.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ulid } from 'ulid';
import * as z from 'zod';
import { connectionOf, readLocal } from '../cli/connection.ts';
import { mapConcurrently } from '../functions/core/concurrency.ts';
import { askApi } from './ask-api.ts';
import { createdKey } from './created-key.ts';
import { percentilesOf } from './scenarios/percentiles.ts';
import { startSlowServer } from './slow-server.ts';
import { check, ratio, report } from './verdict.ts';

type Row = Record<string, AttributeValue>;

const FUNCTION = 'millrace-bulk-actions';
const ROWS_OF_REQUEST = 25;
/** The tasks were created one after another in this time. */
const SEEDED_MILLISECONDS = 3_000_000;
const WARM_UPS = 5;
const BETWEEN_SAMPLES_MILLISECONDS = 150;
/** The p99 of a quiet tenant beside a bulk action may be so many times that without. */
const MOST_RATIO = 1.5;
/** Of the rate that is asked for, so much at least is reached over the whole of it, the kill included. */
const LEAST_OF_RATE = 0.5;

const { tasks, failed, rate, samples } = z
  .object({ tasks: z.coerce.number(), failed: z.coerce.number(), rate: z.coerce.number(), samples: z.coerce.number() })
  .parse(
    parseArgs({
      options: {
        tasks: { type: 'string', default: '100000' },
        failed: { type: 'string', default: '10000' },
        rate: { type: 'string', default: '25' },
        samples: { type: 'string', default: '400' },
      },
    }).values,
  );

const local = await readLocal();
const { apiKey } = local;
const ask = askApi(local);
const connection = await connectionOf({ isLocal: true });
const dynamo = new DynamoDBClient(connection);
const table = await taskTable();
const taskSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  status: z.string(),
  attempt: z.number(),
  createdAt: z.coerce.date(),
  startedAt: z.coerce.date().optional(),
});
const bulkSchema = z.object({
  id: z.string(),
  status: z.string(),
  counts: z.object({ matched: z.number(), done: z.number(), refused: z.number() }),
  createdAt: z.coerce.date(),
  finishedAt: z.coerce.date().optional(),
});

const quietKey = await createdKey('quiet');
/** Tasks call it, and not the API, which would be busy with them then. */
const server = await startSlowServer();
const templates = await madeTemplates();
const from = new Date(Date.now() - 3_600_000);
const to = new Date(Number(from) + SEEDED_MILLISECONDS);
const seeded = await seed();
console.log(`${tasks} tasks, ${failed} of them failed, of ${templates.failed.length} types, are in the table.`);
const idle = await sampled();
report('idle: a quiet tenant, submit to start, p99', `${idle} ms`);

// The tasks that they are copies of came later.
const filter = { status: 'failed', createdFrom: from.toISOString(), createdTo: to.toISOString() };
const dry = z
  .object({ counts: z.object({ matched: z.number() }), isExact: z.boolean() })
  .parse(await ask('POST', '/api/bulk-actions', { action: 'retry', filter, dryRun: true }));
check('matched by the dry run', dry.counts.matched, (matched) => !dry.isExact || matched === failed);

const { id } = bulkSchema.parse(
  await ask('POST', '/api/bulk-actions', { action: 'retry', filter, ratePerSecond: rate }),
);
const ended = until(async () => (await read(id)).status !== 'running', 100 + (2 * failed) / rate);
const [busy, killed] = await Promise.all([sampled(), killInTheMiddle()]);
await ended;
check('processes killed in the middle', killed, (count) => count > 0);
const { counts, createdAt, finishedAt, status } = await read(id);
check('it succeeded', Number(status === 'succeeded'), (value) => value === 1);
check('matched', counts.matched, (matched) => matched === failed);
check('done and refused make up what matched', counts.done + counts.refused, (sum) => sum === counts.matched);
check('done', counts.done, (done) => done === failed);
const seconds = (Number(finishedAt) - Number(createdAt)) / 1000;
check(
  `a second, of ${rate} asked for`,
  ratio(counts.done, seconds),
  (value) => value >= LEAST_OF_RATE * rate && value <= rate * 1.05,
);
report('beside it: a quiet tenant, submit to start, p99', `${busy} ms`);
check('a quiet tenant beside it, by idle', ratio(busy, idle), (value) => value <= MOST_RATIO);
const attempts = await attemptsOf(seeded);
check('tasks that ran again', attempts.filter((count) => count === 1).length, (count) => count === failed);
check('tasks that ran twice', attempts.filter((count) => count > 1).length, (count) => count === 0);
server.close();

/** Runs a task of each type, and one that fails, and returns rows of them. */
async function madeTemplates(): Promise<{ readonly failed: readonly Row[]; readonly succeeded: Row }> {
  const succeeded = await Promise.all([
    rowAtEnd('markdown.render', { markdown: '# Hello' }),
    rowAtEnd('csv.summarize', { text: 'a,b\n1,2\n' }),
    rowAtEnd('http.request', { url: `${server.url}/work?ms=100` }),
  ]);
  const [first] = succeeded;
  const broken = await rowAtEnd('csv.summarize', { text: '' });
  if (first === undefined || broken.status?.S !== 'failed')
    throw new Error('the template of a failed task has not failed');
  // What makes a row that of a failed task is taken from one; what it runs is another's, which succeeds.
  const failedRows = succeeded.map(({ type, input, inputRef, executorKey, priority }) => {
    const { input: _input, inputRef: _ref, ...rest } = broken;
    const own = { type, input, inputRef, executorKey, priority };
    return { ...rest, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)) } as Row;
  });
  return { failed: failedRows, succeeded: first };
}

async function rowAtEnd(type: string, input: unknown): Promise<Row> {
  const { id: taskId, tenantId } = taskSchema.parse(await ask('POST', '/api/tasks', { type, input }));
  await until(async () => ['succeeded', 'failed'].includes((await readTask(taskId)).status), 120);
  const { Item: row } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: { pk: { S: `${tenantId}#${taskId}` } }, ConsistentRead: true }),
  );
  if (row === undefined) throw new Error(`task ${taskId} has no row`);
  return row;
}

/** Puts copies into the table, the failed ones evenly among the others; returns the keys of those. */
async function seed(): Promise<readonly string[]> {
  const rows: Row[] = [];
  const keys: string[] = [];
  const each = tasks / failed;
  for (let place = 0; place < tasks; place++) {
    const isFailed = Math.floor((place + 1) / each) > Math.floor(place / each);
    const template = isFailed ? templates.failed[keys.length % templates.failed.length] : templates.succeeded;
    const createdAt = Number(from) + Math.floor((place * SEEDED_MILLISECONDS) / tasks);
    const row = copyOf(template as Row, createdAt);
    if (isFailed) keys.push(row.pk?.S ?? '');
    rows.push(row);
  }
  const requests = Array.from({ length: Math.ceil(rows.length / ROWS_OF_REQUEST) }, (_, place) =>
    rows.slice(place * ROWS_OF_REQUEST, (place + 1) * ROWS_OF_REQUEST).map((Item) => ({ PutRequest: { Item } })),
  );
  await mapConcurrently(requests, 4, (request) => write(request));
  return keys;
}

async function write(request: WriteRequest[]): Promise<void> {
  for (let left: WriteRequest[] = request; left.length > 0; ) {
    const { UnprocessedItems = {} } = await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
    left = UnprocessedItems[table] ?? [];
  }
}

/** Makes a row of another task, which was created then. Its place in the order is the first part of its id. */
function copyOf(template: Row, createdAt: number): Row {
  const unique = ulid(createdAt);
  const [tenantId = '', taskId = ''] = (template.pk?.S ?? '').split('#');
  return {
    ...template,
    pk: { S: `${tenantId}#${unique}${taskId.slice(26)}` },
    order: { S: unique },
    startedAt: { N: String(createdAt + 10) },
    finishedAt: { N: String(createdAt + 20) },
  };
}

/** Returns how many attempts each task has had since it was put into the table. */
async function attemptsOf(keys: readonly string[]): Promise<readonly number[]> {
  const before = Number(templates.failed[0]?.attempt?.N);
  const attemptOf = async (pk: string): Promise<number> => {
    const { Item: row } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { pk: { S: pk } } }));
    return row === undefined || row.status?.S !== 'succeeded' ? 0 : Number(row.attempt?.N) - before;
  };
  let counted: number[] = [];
  await until(async () => {
    counted = await mapConcurrently(keys, 8, attemptOf);
    return counted.every((count) => count > 0);
  }, 300);
  return counted;
}

/** Kills the processes of the function when a third is done. */
async function killInTheMiddle(): Promise<number> {
  await until(async () => (await read(id)).counts.done >= failed / 3, 60 + failed / rate);
  const victims = await processesOf(FUNCTION);
  for (const pid of victims) process.kill(pid, 'SIGKILL');
  return victims.length;
}

/** Returns the processes of a function of this local cloud. Linux alone tells of them, in /proc. */
async function processesOf(functionName: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    const variables = environment.split('\0');
    const isOurs = variables.some(
      (one) => /^AWS_ENDPOINT_URL=/.test(one) && one.includes(new URL(connection.endpoint ?? '').port),
    );
    if (isOurs && variables.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`)) found.push(Number(name));
  }
  return found;
}

/** Measures the p99 from submit to start, in milliseconds, of a quiet tenant's tasks one after another. */
async function sampled(): Promise<number> {
  const waits: number[] = [];
  for (let sample = -WARM_UPS; sample < samples; sample++) {
    const body = { type: 'markdown.render', input: { markdown: '# Quiet' } };
    const submitted = taskSchema.parse(await ask('POST', '/api/tasks', body, quietKey));
    await sleep(BETWEEN_SAMPLES_MILLISECONDS);
    let task = await readTask(submitted.id, quietKey);
    while (task.startedAt === undefined) {
      await sleep(50);
      task = await readTask(submitted.id, quietKey);
    }
    if (sample >= 0) waits.push(Number(task.startedAt) - Number(task.createdAt));
  }
  return percentilesOf(waits)?.p99 ?? Number.NaN;
}

async function taskTable(): Promise<string> {
  const lambda = new LambdaClient(connection);
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: FUNCTION }));
  const [first] = (Environment?.Variables?.MILLRACE_TASKS_TABLES ?? '').split(',');
  if (first === undefined || first === '') throw new Error(`${FUNCTION} knows of no table of tasks`);
  return first;
}

async function read(actionId: string) {
  return bulkSchema.parse(await ask('GET', `/api/bulk-actions/${actionId}`));
}

async function readTask(taskId: string, key = apiKey) {
  return taskSchema.parse(await ask('GET', `/api/tasks/${taskId}`, undefined, key));
}

/** Looks every second. Throws where it does not come true in time. */
async function until(isTrue: () => Promise<boolean>, mostSeconds: number): Promise<void> {
  const deadline = Date.now() + mostSeconds * 1000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`it has not come true in ${mostSeconds} s: ${isTrue}`);
    await sleep(1_000);
  }
}
