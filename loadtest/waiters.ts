/**
 * Whether callers who wait for tasks slow down submits: `npm run loadtest:waiters` submits at a steady rate, in turns without anybody and with
 * 200 who wait, and compares the p99 of both; and how soon those who wait are told of the end. Router and waiter are bundled as they are
 * deployed; their table is dynoxide's, and a stub takes the messages. On AWS each environment has a processor of its own. Here all share
 * this machine's, so that a process stands for twenty environments of the waiter, which do nothing for most of the time; what submits and
 * waits have in common are the table and the processors. Exits with 1 where it is not as it should be; `--keep` keeps the result in `docs/performance/`.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { freePort } from '../local/free-port.ts';
import { DYNOXIDE, hasDynoxide } from '../local/second-implementation.mjs';
import { apiRequest } from './api-request.ts';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';
import type { Answered, Asked, Handled } from './function-process.ts';
import { percentilesOf } from './scenarios/percentiles.ts';

const ROUTERS = 4;
const WAITERS_OF_PROCESS = 20;
const SUBMITS_PER_SECOND = 40;
const TURN_SECONDS = 8;
/** A wait lasts longer than its turn: its task is cancelled at the end of that. */
const WAIT_SECONDS = 25;
/** Within so long all of them have come. */
const COMING_MILLISECONDS = 1_500;
/** The p99 of submits beside waiters may be so many times that without, and the end of a task be told so late. */
const MOST_RATIO = 1.5;
const MOST_MILLISECONDS = 500;
/** So many of a hundred waits may be refused: all slots are asked for at once. */
const MOST_REFUSED_PERCENT = 5;

const root = join(import.meta.dirname, '..');
const { keep, ...sizes } = parseArgs({
  options: {
    keep: { type: 'boolean' },
    waiters: { type: 'string', default: '200' },
    turns: { type: 'string', default: '6' },
  },
}).values;
const [WAITERS, TURNS] = [Number(sizes.waiters), Number(sizes.turns)];
/** What was asked of environments, and who waits for the answer. */
const asked = new Map<number, (answer: Handled) => void>();
const taskSchema = z.object({ id: z.string(), status: z.string() });
const KEYS = { tasks: 'pk', definitions: 'type', control: 'pk' };

if (!hasDynoxide()) throw new Error('dynoxide is not installed: run `node local/install.mjs --tests`');
const directory = await mkdtemp(join(tmpdir(), 'millrace-waiters-'));
const dynamoPort = await freePort([]);
const children: ChildProcess[] = [
  spawn(DYNOXIDE, ['--port', String(dynamoPort), '--log', 'quiet'], { stdio: ['ignore', 'ignore', 'inherit'] }),
];
try {
  const stub = fork(join(import.meta.dirname, 'aws-stub.ts'));
  children.push(stub);
  const [stubPort] = await once(stub, 'message');
  const environment = {
    ...FUNCTION_ENVIRONMENT,
    MILLRACE_WAITERS: String(WAITERS),
    AWS_ENDPOINT_URL: `http://127.0.0.1:${stubPort}`,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${dynamoPort}`,
  };
  await createTables();
  const catalog = join(import.meta.dirname, 'peers/millrace-tasks.ts');
  const routers = await environments('router', ROUTERS, environment, catalog);
  const processes = await environments('waiter', Math.ceil(WAITERS / WAITERS_OF_PROCESS), environment);
  const waiters = Array.from({ length: WAITERS }, (_, place) => processes[place % processes.length] ?? stub);
  await measure(routers, waiters);
} finally {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
}

async function createTables(): Promise<void> {
  const dynamo = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${dynamoPort}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 10,
  });
  await dynamo.send(new ListTablesCommand());
  for (const [TableName, AttributeName] of Object.entries(KEYS)) {
    await dynamo.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  }
}

/** Starts so many processes of a door. */
async function environments(
  door: string,
  count: number,
  environment: Readonly<Record<string, string>>,
  catalog?: string,
): Promise<ChildProcess[]> {
  const file = await bundled(join(root, `functions/${door}/index.ts`), door, directory, catalog);
  const started = Array.from({ length: count }, () =>
    fork(join(import.meta.dirname, 'function-process.ts'), [file], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }),
  );
  children.push(...started);
  await Promise.all(started.map((child) => once(child, 'message')));
  for (const child of started) child.on('message', ({ id, answer }: Answered) => asked.get(id)?.(answer));
  return started;
}

type Turn = { readonly submits: readonly number[]; readonly told: readonly number[]; readonly refused: number };

async function measure(routers: readonly ChildProcess[], waiters: readonly ChildProcess[]): Promise<void> {
  const turns: Record<'without' | 'with', Turn[]> = { without: [], with: [] };
  for (let turn = -1; turn < TURNS; turn++) {
    const without: Turn = { submits: await submitFor(TURN_SECONDS, routers), told: [], refused: 0 };
    const beside = await turnWith(routers, waiters);
    if (turn < 0) continue;
    turns.without.push(without);
    turns.with.push(beside);
    console.error(`turn ${turn + 1} of ${TURNS}`);
  }
  const of = (name: 'without' | 'with') => percentilesOf(turns[name].flatMap(({ submits }) => submits));
  const result = {
    at: new Date().toISOString(),
    machine: `${availableParallelism()} processors, Node ${process.version}`,
    waiters: WAITERS,
    submitsPerSecond: SUBMITS_PER_SECOND,
    submitMilliseconds: { without: of('without'), with: of('with') },
    p99Ratio: (of('with')?.p99 ?? Number.NaN) / (of('without')?.p99 ?? Number.NaN),
    toldMilliseconds: percentilesOf(turns.with.flatMap(({ told }) => told)),
    refusedWaits: turns.with.reduce((sum, { refused }) => sum + refused, 0),
  };
  const text = JSON.stringify(
    result,
    (_, value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value),
    2,
  );
  console.log(text);
  if (keep) await writeFile(join(root, 'docs/performance/waiters.json'), `${text}\n`);
  const isTold = (result.toldMilliseconds?.p99 ?? Number.NaN) <= MOST_MILLISECONDS;
  const areWaiting = result.refusedWaits <= (TURNS * WAITERS * MOST_REFUSED_PERCENT) / 100;
  if (!(result.p99Ratio <= MOST_RATIO) || !isTold || !areWaiting) process.exitCode = 1;
}

/** Has all waiters wait, each for a task of its own, submits beside them, and cancels their tasks at the end. */
async function turnWith(routers: readonly ChildProcess[], waiters: readonly ChildProcess[]): Promise<Turn> {
  const [router] = routers;
  if (router === undefined) throw new Error('there is no router');
  const ids: string[] = [];
  for (const _ of waiters) ids.push(taskSchema.parse(JSON.parse((await handled(router, submit())).body)).id);
  const ended = new Map<string, number>();
  const waits = waiters.map(async (waiter, place) => {
    const id = ids[place] ?? '';
    // Callers come when they come, so that they do not all look at one moment.
    await sleep((place * COMING_MILLISECONDS) / WAITERS);
    const { headers = {}, body } = await handled(waiter, wait(id));
    const at = performance.now();
    const isRefused = headers['millrace-waiting'] !== undefined;
    if (!isRefused && taskSchema.parse(JSON.parse(body)).status !== 'cancelled') throw new Error(`${id} has not ended`);
    return { id, at, isRefused };
  });
  await sleep(COMING_MILLISECONDS + 500);
  const submits = await submitFor(TURN_SECONDS, routers);
  for (const id of ids) {
    // It ends a moment later: what is told is told sooner than this says.
    ended.set(id, performance.now());
    await handled(router, cancel(id));
  }
  const answers = await Promise.all(waits);
  const waited = answers.filter(({ isRefused }) => !isRefused);
  return {
    submits,
    told: waited.map(({ id, at }) => Math.max(0, at - (ended.get(id) ?? Number.NaN))),
    refused: answers.length - waited.length,
  };
}

/** Submits at a steady rate, each to a router that is free, and returns the milliseconds from when each was due to its answer. */
async function submitFor(seconds: number, routers: readonly ChildProcess[]): Promise<number[]> {
  const free = [...routers];
  const queue: ((router: ChildProcess) => void)[] = [];
  const began = performance.now();
  return Promise.all(
    Array.from({ length: seconds * SUBMITS_PER_SECOND }, async (_, place) => {
      const due = began + (place * 1000) / SUBMITS_PER_SECOND;
      await sleep(Math.max(0, due - performance.now()));
      const router = free.pop() ?? (await new Promise<ChildProcess>((resolve) => queue.push(resolve)));
      const { statusCode } = await handled(router, submit());
      const taken = performance.now() - due;
      const next = queue.shift();
      if (next === undefined) free.push(router);
      else next(router);
      if (statusCode !== 202) throw new Error(`a submit was answered with ${statusCode}`);
      return taken;
    }),
  );
}

function handled(environment: ChildProcess, event: unknown): Promise<Handled> {
  const id = asked.size;
  const { promise, resolve } = Promise.withResolvers<Handled>();
  asked.set(id, resolve);
  environment.send({ id, event } satisfies Asked);
  return promise;
}

function submit() {
  return apiRequest('POST /api/tasks', { body: { type: 'work', input: { milliseconds: 0 } } });
}

function wait(id: string) {
  const query = { waitSeconds: String(WAIT_SECONDS) };
  return apiRequest('GET /api/tasks/{id}', { parameters: { id }, query });
}

function cancel(id: string) {
  return apiRequest('POST /api/tasks/{id}/cancel', { parameters: { id } });
}
