/**
 * How lanes and tenants keep out of each other's way, on the deployment that `npm start` runs: `npm run loadtest:lanes`.
 * Tasks call a server of this process that answers after a while, so that what is measured is the waiting, and not the
 * CPU of one machine. Takes about five minutes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { connectionOf, readLocal } from '../cli/connection.ts';
import { askApi } from './ask-api.ts';
import { createdKey } from './created-key.ts';
import { percentilesOf } from './scenarios/percentiles.ts';
import { startSlowServer } from './slow-server.ts';
import { check, ratio, report } from './verdict.ts';

const CLASS = 'io-intensive';
const BACKLOG = 3_000;
const SAMPLES = 200;
/** Of the tasks that an overload leaves behind, so many of the last are looked at. */
const LAST_ACCEPTED = 20;
/** The first ones may meet functions that have not been called yet. */
const WARM_UPS = 5;
const BETWEEN_SAMPLES_MILLISECONDS = 150;
/** Long tasks take this in the mean: long enough that the machine does not have more to do than it can while a hundred run. */
const LONG_MILLISECONDS = 1_000;
/** A backlog that is there until all samples are taken. */
const BACKLOG_MILLISECONDS = 4_000;
const BULK = 250;
const MOST_BULKS = 60;

const connection = await readLocal();
const ask = askApi(connection);
const taskSchema = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.coerce.date(),
  startedAt: z.coerce.date().optional(),
});
const lanesSchema = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      depth: z.number(),
      inFlight: z.number(),
      maxConcurrency: z.number(),
      estimatedWaitSeconds: z.number().nullable(),
      worstWaitSeconds: z.number().nullable(),
    }),
  ),
});
type Lane = z.infer<typeof lanesSchema>['items'][number];

const lambda = new LambdaClient(await connectionOf({ isLocal: true }));
const server = await startSlowServer();
const quietKey = await createdKey('quiet');
try {
  await settled();
  await govern();
  const idle = await sampled('high');
  report('idle: submit to start, p99 of 200', `${idle} ms`);

  await submitBacklog('low', BACKLOG, BACKLOG_MILLISECONDS);
  await governed();
  const { maxConcurrency } = await lane('low');
  check('only low has work: its executors after two periods', maxConcurrency, (executors) => executors >= 8);
  const doneBefore = server.answered('/low');
  const busy = await sampled('high');
  report('beside 3,000 low tasks: submit to start, p99 of 200', `${busy} ms`);
  check('beside 3,000 low tasks: p99 of 200 high ones, by idle', ratio(busy, idle), (value) => value <= 1.5);
  check('low never stops: tasks done meanwhile', server.answered('/low') - doneBefore, (done) => done > 0);

  await submitBacklog('low', BACKLOG, LONG_MILLISECONDS);
  await submitBacklog('high', BACKLOG, LONG_MILLISECONDS);
  await govern();
  const { worstWaitSeconds } = await lane('low');
  const since = Date.now();
  const doneThen = server.answered('/low');
  const waiting = 2 * BACKLOG - doneThen;
  // This is as long as some invocations: what executors have in hand is done only when they are over.
  await sleep(60_000);
  const done = server.answered('/low') - doneThen;
  const rate = waiting / (worstWaitSeconds ?? Number.NaN);
  const promised = Math.min(waiting, rate * ((Date.now() - since) / 1000));
  check('high floods: what low gets done, by its published bound', ratio(done, promised), (value) => value >= 1);
  await settled();

  const idleQuiet = await sampled('normal', quietKey);
  await submitBacklog('normal', BACKLOG, BACKLOG_MILLISECONDS);
  await governed();
  const quiet = await sampled('normal', quietKey);
  report('a quiet tenant: submit to start, p99 of 200, idle and busy', `${idleQuiet} ms, ${quiet} ms`);
  check('a noisy tenant: p99 of 200 tasks of a quiet one, by idle', ratio(quiet, idleQuiet), (value) => value <= 2);
  await settled();
  await overload();
} finally {
  server.close();
}

/** Submits bulks without a pause until the lane is closed; then every accepted task has to start in time, and end. */
async function overload(): Promise<void> {
  const accepted: string[] = [];
  let refusal: { readonly retryAfterSeconds?: number | undefined } | undefined;
  for (let bulk = 0; bulk < MOST_BULKS && refusal === undefined; bulk++) {
    const answer = await submitBulk('high', BULK, 1_000);
    accepted.push(...answer.accepted);
    refusal = answer.refusal;
    if (bulk % 6 === 5) await govern();
  }
  report('overload: accepted before the first refusal', `${accepted.length} tasks`);
  check(
    'overload: Retry-After of the refusal (s)',
    refusal?.retryAfterSeconds ?? 0,
    (value) => value >= 1 && value <= 60,
  );
  await settled();
  const last = await Promise.all(accepted.slice(-LAST_ACCEPTED).map((id) => read(id)));
  const waits = last.map(({ createdAt, startedAt }) => Number(startedAt ?? Number.NaN) - Number(createdAt));
  check('overload: the longest wait of the last accepted (s)', Math.max(...waits) / 1000, (value) => value <= 60);
  check(
    'overload: of them have ended',
    last.filter(({ status }) => status === 'succeeded').length,
    (n) => n === last.length,
  );
}

/** Measures the p99 from submit to start, in milliseconds, of tasks one after another. */
async function sampled(priority: string, key = connection.apiKey): Promise<number> {
  const waits: number[] = [];
  for (let sample = -WARM_UPS; sample < SAMPLES; sample++) {
    const { id } = taskSchema.parse(await ask('POST', '/api/tasks', taskOf(priority, 20), key));
    await sleep(BETWEEN_SAMPLES_MILLISECONDS);
    let task = await read(id, key);
    while (task.startedAt === undefined) {
      await sleep(50);
      task = await read(id, key);
    }
    if (sample >= 0) waits.push(Number(task.startedAt) - Number(task.createdAt));
  }
  return percentilesOf(waits)?.p99 ?? Number.NaN;
}

async function submitBacklog(priority: string, count: number, milliseconds: number): Promise<void> {
  for (let sent = 0; sent < count; sent += BULK) await submitBulk(priority, BULK, milliseconds);
}

async function submitBulk(priority: string, count: number, milliseconds: number) {
  const body = { tasks: Array.from({ length: count }, () => taskOf(priority, spread(milliseconds))) };
  const { results } = z
    .object({
      results: z.array(
        z.union([
          z.object({ status: z.literal('accepted'), task: z.object({ id: z.string() }) }),
          z.object({
            status: z.literal('rejected'),
            problem: z.object({ code: z.string(), retryAfterSeconds: z.number().optional() }),
          }),
        ]),
      ),
    })
    .parse(await ask('POST', '/api/tasks/batch', body));
  return {
    accepted: results.flatMap((one) => (one.status === 'accepted' ? [one.task.id] : [])),
    refusal: results.flatMap((one) => (one.status === 'rejected' ? [one.problem] : []))[0],
  };
}

function taskOf(priority: string, milliseconds: number) {
  return { type: 'http.request', priority, input: { url: `${server.url}/${priority}?ms=${milliseconds}` } };
}

/** Spreads a time from half to one and a half, or a hundred tasks would begin and end in the same moment. */
function spread(milliseconds: number): number {
  return Math.round(milliseconds * (0.5 + Math.random()));
}

async function read(id: string, key = connection.apiKey) {
  return taskSchema.parse(await ask('GET', `/api/tasks/${id}`, undefined, key));
}

async function lanes(): Promise<readonly Lane[]> {
  return lanesSchema.parse(await ask('GET', '/api/lanes')).items;
}

async function lane(priority: string): Promise<Lane> {
  const found = (await lanes()).find(({ name }) => name === `${CLASS}-${priority}-0`);
  if (found === undefined) throw new Error(`there is no lane ${CLASS}-${priority}-0`);
  return found;
}

/** Waits until nothing waits and nothing runs. */
async function settled(): Promise<void> {
  for (;;) {
    if ((await lanes()).every((one) => left(one) === 0)) return;
    await sleep(1_000);
  }
}

/** Runs the governor twice, and waits until what it has raised is at work. */
async function governed(): Promise<void> {
  await govern();
  await sleep(6_000);
  await govern();
  // New executors start, which takes the whole of a small machine.
  await sleep(15_000);
}

/** Runs the governor, which the clock starts only every minute. */
async function govern(): Promise<void> {
  const { FunctionError: error } = await lambda.send(new InvokeCommand({ FunctionName: 'millrace-governor' }));
  if (error !== undefined) throw new Error(`the governor failed: ${error}`);
}

/** Returns how many messages are not done with. */
function left({ depth, inFlight }: Lane): number {
  return depth + inFlight;
}
