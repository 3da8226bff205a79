/**
 * Long tasks that come one by one to a lane of two executors: `npm run loadtest:long` submits thirty of 30 s to `io-intensive`, one each
 * half second, on a metered local cloud. It tells how long they waited and the GB-seconds of their executors, beside what the planner
 * says, and beside an executor for each task, which is what they took before executors filled their places. Exits with 1 where
 * that is not as it should be.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { Command } from 'commander';
import * as z from 'zod';
import { RESOURCE_CLASS_SPECS } from '../functions/resource-classes.ts';
import { localTarget } from '../local/aws-target.ts';
import { type LocalStack, startLocalStack } from '../local/local-stack.ts';
import { readUsage, sumOf, usageBetween } from './bill/usage.ts';
import { LiveLine } from './scenarios/live-line.ts';
import { MillraceApi } from './scenarios/millrace-api.ts';
import { positive } from './scenarios/options.ts';
import { percentilesOf } from './scenarios/percentiles.ts';
import { startSlowServer } from './slow-server.ts';

const CLASS = 'io-intensive';
const LANE_ARN = `arn:aws:sqs:us-east-1:000000000000:millrace-${CLASS}-normal-0`;
const EXECUTORS = 2;
const WARM_UPS = 4;
const MOST_WAIT_SECONDS = 2;
const MOST_SHARE = 1 / 5;
const gigabytes = RESOURCE_CLASS_SPECS[CLASS].memoryMb / 1024;

type Options = { readonly tasks: number; readonly seconds: number; readonly every: number };
const { tasks, seconds, every } = new Command('loadtest:long')
  .description('Measures the wait and the GB-seconds of long tasks that come one by one.')
  .option('--tasks <count>', 'how many', positive, 30)
  .option('--seconds <seconds>', 'what each takes', positive, 30)
  .option('--every <seconds>', 'how far apart they are submitted', positive, 0.5)
  .parse()
  .opts<Options>();

const live = new LiveLine();
const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-long-'));
const server = await startSlowServer();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
}
try {
  live.note('deploying to a metered local cloud');
  const stack = await startLocalStack({
    stateDirectory,
    serverScript: join(import.meta.dirname, 'bill/metering-server.py'),
    signal: stopping.signal,
  });
  try {
    await measure(stack);
  } finally {
    stack.kill();
    await stack.ended;
  }
} finally {
  server.close();
  await rm(stateDirectory, { recursive: true, force: true });
}

async function measure(stack: LocalStack): Promise<void> {
  const api = new MillraceApi({ url: stack.url, key: stack.apiKey }, 2);
  await Promise.all(Array.from({ length: WARM_UPS }, async () => waitOf(await submitted(api, 1), api)));
  const before = await readUsage(stack.awsEndpoint);
  const ids: string[] = [];
  const began = Date.now();
  for (let count = 0; count < tasks; count++) {
    await sleep(Math.max(0, began + count * every * 1000 - Date.now()));
    ids.push(await submitted(api, seconds));
    live.say(`${ids.length} of ${tasks} submitted`);
  }
  const waits = await Promise.all(ids.map((id) => waitOf(id, api)));
  // An invocation is metered when it ends.
  await sleep(5_000);
  const usage = usageBetween(before, await readUsage(stack.awsEndpoint));
  await api.close();
  const ofExecutors = (what: string): number => sumOf(usage, `millrace-executor-${CLASS}`, what);
  const measured = (ofExecutors('milliseconds') / 1000) * gigabytes;
  const apart = tasks * seconds * gigabytes;
  const { p50 = Number.NaN, p95 = Number.NaN, max = Number.NaN } = percentilesOf(waits) ?? {};
  const planned = await plan();
  const line = (...cells: string[]) => console.log(cells.map((cell) => cell.padEnd(36)).join(''));
  line('', 'measured', 'planned');
  line('executors that the lane has', `${await executorsOf(stack)} at the end`, `${EXECUTORS}`);
  line('wait, p50, s', p50.toFixed(2), planned.p50.toFixed(2));
  line('wait, p95, s', `${p95.toFixed(2)} (at most ${MOST_WAIT_SECONDS})`, planned.p95.toFixed(2));
  line('wait, the longest, s', max.toFixed(2), planned.max.toFixed(2));
  line('invocations', String(ofExecutors('invocations')), String(planned.invocations));
  line('GB-seconds', measured.toFixed(1), `${planned.gigabyteSeconds.toFixed(1)}, of ${planned.tasks} tasks`);
  line('GB-seconds, an executor for each', `${apart.toFixed(1)}, by arithmetic`);
  line('share', `${(measured / apart).toFixed(3)} (at most ${MOST_SHARE})`);
  if (p95 > MOST_WAIT_SECONDS || measured > MOST_SHARE * apart) process.exitCode = 1;
}

async function submitted(api: MillraceApi, lastsSeconds: number): Promise<string> {
  const body = { type: 'http.request', input: { url: `${server.url}/long?ms=${lastsSeconds * 1000}` }, maxAttempts: 1 };
  const answer = await api.send({ method: 'POST', path: '/api/tasks', body });
  if (answer.status !== 202)
    throw new Error(`a submit was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
  return z.object({ id: z.string() }).parse(answer.body).id;
}

/** Waits until a task has succeeded, and returns the seconds between its submit and its start. */
async function waitOf(id: string, api: MillraceApi): Promise<number> {
  const schema = z.object({ status: z.string(), createdAt: z.coerce.date(), startedAt: z.coerce.date().optional() });
  for (;;) {
    stopping.signal.throwIfAborted();
    const { status, createdAt, startedAt } = schema.parse(
      (await api.send({ method: 'GET', path: `/api/tasks/${id}` })).body,
    );
    if (status === 'succeeded' && startedAt !== undefined) return (startedAt.getTime() - createdAt.getTime()) / 1000;
    if (['failed', 'cancelled'].includes(status)) throw new Error(`the task ${id} has ${status}`);
    await sleep(2_000);
  }
}

/** Returns how many executors the governor has left to the lane. */
async function executorsOf({ awsEndpoint }: LocalStack): Promise<number | undefined> {
  const lambda = new LambdaClient(localTarget(awsEndpoint).client);
  const { EventSourceMappings: [source] = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ EventSourceArn: LANE_ARN }),
  );
  return source?.ScalingConfig?.MaximumConcurrency;
}

/** Has the planner play the same rate for as long, whose submits come by chance. */
async function plan() {
  const load = [
    '--class',
    CLASS,
    '--rate',
    `${1 / every}/s`,
    '--for',
    `${tasks * every}s`,
    '--duration',
    `${seconds}s`,
  ];
  const planner = join(import.meta.dirname, '../planner/index.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [planner, ...load, '-c', 'preset=dev', '--json']);
  const lines = z.array(z.object({ what: z.string(), quantity: z.number() }));
  const { lanes, costs } = z
    .object({
      lanes: z.array(z.object({ kind: z.string(), waitSeconds: z.record(z.string(), z.number()).nullable() })),
      costs: z.object({ tasks: z.number(), byTask: z.object({ platform: lines, compute: lines }) }),
    })
    .parse(JSON.parse(stdout));
  const { p50 = 0, p95 = 0, max = 0 } = lanes.find(({ kind }) => kind === 'normal')?.waitSeconds ?? {};
  const of = (name: string) =>
    [...costs.byTask.platform, ...costs.byTask.compute].find(({ what }) => what === name)?.quantity ?? 0;
  const [invocations, gigabyteSeconds] = [of('executor invocations'), of('executor GB-seconds')];
  return { p50, p95, max, tasks: costs.tasks, invocations, gigabyteSeconds };
}
