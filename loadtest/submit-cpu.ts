/**
 * The router's warm CPU for a submit, beside a bare handler that does one send and one put, and beside a door that is made by
 * hand; for a task of a bulk, beside the latter. One process, in turns: `npm run loadtest:submit`. All are bundled as they are
 * deployed and talk to a stub that answers at once. With `--profile DIRECTORY` the router's flame graphs are written there
 * afterwards.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiRequest } from './api-request.ts';
import { bundled, FUNCTION_ENVIRONMENT } from './bundled.ts';
import { writeProfile } from './cpu-profile.ts';

const ROUNDS = 15;
const SUBMITS_A_ROUND = 400;
const BULK = 1_000;
/** The door that is made by hand takes a bulk of so many. */
const HAND_MADE_BULK = 100;
/** The router's CPU for a single submit may be so many times that of the bare handler. */
const BUDGET = 1.5;
const root = join(import.meta.dirname, '..');
const { profile } = parseArgs({ options: { profile: { type: 'string' } } }).values;

type Handler = (event: unknown, context: unknown) => Promise<{ readonly statusCode: number }>;

/** Requests that make so many tasks by one handler. */
type Round = { readonly handler: Handler; readonly event: unknown; readonly requests: number; readonly tasks: number };

const task = { type: 'work', input: { milliseconds: 0 } };
/** Returns the request for one small task, or for a bulk of them. */
const eventOf = (bulk?: number) =>
  bulk === undefined
    ? apiRequest('POST /api/tasks', { body: task })
    : apiRequest('POST /api/tasks/batch', { body: { tasks: Array(bulk).fill(task) } });

const directory = await mkdtemp(join(tmpdir(), 'millrace-load-'));
const stub = fork(join(import.meta.dirname, 'aws-stub.ts'));
try {
  const [port] = await once(stub, 'message');
  const endpoint = `http://127.0.0.1:${port}`;
  const queue = `${endpoint}/000000000000/tasks`;
  Object.assign(process.env, FUNCTION_ENVIRONMENT, { AWS_ENDPOINT_URL: endpoint });
  Object.assign(process.env, { TASKS_TABLE: 'tasks', HIGH_QUEUE_URL: queue, NORMAL_QUEUE_URL: queue });
  const router = await loaded('functions/router/index.ts', 'router');
  const handMade = await loaded('loadtest/peers/hand-made/submit.ts', 'submit');
  const single = { event: eventOf(), requests: SUBMITS_A_ROUND, tasks: SUBMITS_A_ROUND };
  const rounds = {
    bare: { ...single, handler: await loaded('loadtest/bare-submit.ts', 'bare') },
    handMade: { ...single, handler: handMade },
    router: { ...single, handler: router },
    handMadeBulk: { handler: handMade, event: eventOf(HAND_MADE_BULK), requests: BULK / HAND_MADE_BULK, tasks: BULK },
    routerBulk: { handler: router, event: eventOf(BULK), requests: 1, tasks: BULK },
  } satisfies Record<string, Round>;
  const names = Object.keys(rounds) as (keyof typeof rounds)[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    keyof typeof rounds,
    number[]
  >;
  const profiles: string[] = [];
  // What they write to stdout is part of the work and none of the report.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = () => true;
  for (let round = -2; round < ROUNDS; round++) {
    for (const name of names) {
      const micros = await cpuOf(rounds[name]);
      if (round >= 0) measured[name].push(micros);
    }
  }
  if (profile !== undefined) {
    const often = { ...rounds.routerBulk, requests: 10 };
    profiles.push(
      await writeProfile('router-single', 'The router: single submits', profile, () => submit(rounds.router)),
      await writeProfile('router-bulk', `The router: bulks of ${BULK}`, profile, () => submit(often)),
    );
  }
  process.stdout.write = write;
  const micros = (name: keyof typeof rounds) => median(measured[name]);
  const shown = (name: keyof typeof rounds) => `${micros(name).toFixed(0)} µs`;
  console.log(
    `CPU of a task, median of ${ROUNDS} rounds of ${SUBMITS_A_ROUND} single submits, and of a bulk of ${BULK}:`,
  );
  console.log(`  single: bare ${shown('bare')}, made by hand ${shown('handMade')}, router ${shown('router')}`);
  console.log(`  bulk: made by hand ${shown('handMadeBulk')}, router ${shown('routerBulk')}`);
  const ratio = micros('router') / micros('bare');
  const besideHandMade = (micros('router') / micros('handMade')).toFixed(2);
  const besideHandMadeBulk = (micros('routerBulk') / micros('handMadeBulk')).toFixed(2);
  console.log(`ratio to the door made by hand: single ${besideHandMade}, bulk ${besideHandMadeBulk}`);
  console.log(`ratio to the bare handler ${ratio.toFixed(2)} (budget ${BUDGET.toFixed(2)})`);
  for (const table of profiles) console.log(table);
  if (ratio > BUDGET) process.exitCode = 1;
} finally {
  stub.disconnect();
  await rm(directory, { recursive: true });
}

async function loaded(entry: string, name: string): Promise<Handler> {
  const catalog = join(import.meta.dirname, 'peers/millrace-tasks.ts');
  const file = await bundled(join(root, entry), name, directory, catalog, profile !== undefined);
  return ((await import(file)) as { handler: Handler }).handler;
}

/** Measures the microseconds of CPU, of this process alone, for one task; request after request, as a warm function gets them. */
async function cpuOf(round: Round): Promise<number> {
  const before = process.cpuUsage();
  await submit(round);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / round.tasks;
}

async function submit({ handler, event, requests }: Round): Promise<void> {
  for (let count = 0; count < requests; count++) {
    const { statusCode } = await handler(event, {});
    if (statusCode !== 202) throw new Error(`a submit was answered with ${statusCode}`);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
