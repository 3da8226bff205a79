import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '../..');
/** An app as a team has it, of two Millraces, so that its files can be edited. */
const app = await mkdtemp(join(tmpdir(), 'millrace-watch-'));

const appFile = (memoryMb: number) => `
import { App, Stack } from 'aws-cdk-lib';
import { settingsFromContext } from '${REPOSITORY}/lib/context.ts';
import { Millrace } from '${REPOSITORY}/lib/millrace.ts';
const app = new App();
const { name, ...settings } = settingsFromContext(app.node);
new Millrace(app, 'Millrace', {
  ...settings, name: 'watched', tasks: 'tasks',
  classes: { default: { memoryMb: ${memoryMb}, shards: 2 } },
});
new Millrace(new Stack(app, 'team-own'), 'Other', { ...settings, tasks: 'other-tasks' });
`;
const DEPLOYED = /✓ the app runs as its files are now/;
const task = (type: string, { more = '', run = 'return answer' } = {}) => `
import { z } from 'zod';
import { defineTask } from '${REPOSITORY}/entries/index.ts';
import { answer } from './answers/answer.ts';
export const task = defineTask({
  type: '${type}', description: 'Answers.', resources: 'default', priority: 'high', timeoutSeconds: 40,
  retry: { maxAttempts: 3, baseDelaySeconds: 1, maxDelaySeconds: 5 }, input: z.strictObject({}), ${more}
  async run(_input, ctx) { ${run}; },
});
`;
const save = (file: string, text: string) => writeFile(join(app, file), text);
const saveAnswer = (answer: string) => save('tasks/answers/answer.ts', `export const answer: string = '${answer}';\n`);

let dev: ChildProcess;
let said = '';
let api: { url: string; apiKey: string; millraces: { name: string; url: string; apiKey: string }[] };

/** Waits until it has said something since a place in what it has said. */
async function saying(text: RegExp, since: number, seconds = 90): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!text.test(said.slice(since))) {
    if (dev.exitCode !== null || Date.now() > deadline) throw new Error(`not said: ${text}\n${said.slice(since)}`);
    await sleep(20);
  }
}

async function start(): Promise<void> {
  const since = said.length;
  dev = spawn(process.execPath, [join(REPOSITORY, 'cli/main.ts'), 'dev'], {
    cwd: app,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [dev.stdout, dev.stderr]) {
    stream?.on('data', (data: Buffer) => {
      said += data;
    });
  }
  await saying(/Files are watched/, since, 200);
  api = JSON.parse(readFileSync(join(app, '.millrace/local.json'), 'utf8'));
}

async function stop(): Promise<void> {
  if (dev.exitCode !== null) return;
  const ended = once(dev, 'exit');
  dev.kill('SIGINT');
  await ended;
}

beforeAll(async () => {
  await mkdir(join(app, 'tasks/answers'), { recursive: true });
  await mkdir(join(app, 'other-tasks/answers'), { recursive: true });
  await symlink(join(REPOSITORY, 'node_modules'), join(app, 'node_modules'));
  await save('package.json', '{"name":"watched","type":"module"}');
  await save('cdk.json', JSON.stringify({ app: 'node app.ts', context: { preset: 'dev' } }));
  await save('app.ts', appFile(256));
  await saveAnswer('first');
  await save(
    'tasks/ask.ts',
    task('ask', { run: "ctx.log('asked for', { answer }); console.log('aloud\\\\n\\u001b[2J'); return answer" }),
  );
  await save('tasks/apart.ts', task('apart', { more: 'isolated: true,' }));
  await save('tasks/slow.ts', task('slow', { run: 'await new Promise((r) => setTimeout(r, 8_000)); return answer' }));
  await save('other-tasks/answers/answer.ts', "export const answer = 'other';\n");
  await save('other-tasks/other.ts', task('other'));
  await start();
}, 300_000);

afterAll(async () => {
  await stop();
  await rm(app, { recursive: true, force: true });
});

type Task = { readonly id: string; readonly status: string; readonly output?: unknown; readonly code?: string };

async function call(path: string, body?: object, url = api.url): Promise<Task> {
  const headers = { authorization: `Bearer ${api.apiKey}`, 'content-type': 'application/json' };
  const asked = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return (await (await fetch(url + path, asked)).json()) as Task;
}

/** Submits a task, and returns what it answers, or what was wrong with it. */
async function asked(type = 'ask', url = api.url): Promise<unknown> {
  const { id, code } = await call('/api/tasks', { type, input: {} }, url);
  return code ?? outputOf(id, url);
}

/** Waits until a task has ended, and returns what it answers, or that it failed. */
async function outputOf(id: string, url = api.url): Promise<unknown> {
  for (;;) {
    const { status, output } = await call(`/api/tasks/${id}`, undefined, url);
    if (status === 'succeeded') return output;
    if (status === 'failed') return status;
    await sleep(20);
  }
}

const answers = (type = 'ask', timeout = 60_000) => expect.poll(() => asked(type), { timeout, interval: 20 });

it('has changed code answer soon after it is saved', async () => {
  expect(await asked()).toBe('first');
  const seconds: number[] = [];
  for (let edit = 1; edit <= 10; edit++) {
    const since = Date.now();
    await saveAnswer(`edit ${edit}`);
    await answers().toBe(`edit ${edit}`);
    seconds.push((Date.now() - since) / 1000);
  }
  const [, , , , fifth = 0, sixth = 0] = seconds.toSorted((a, b) => a - b);
  const median = (fifth + sixth) / 2;
  console.log(
    `from save to answer: ${seconds.map((each) => each.toFixed(2)).join(', ')} s; median ${median.toFixed(2)} s`,
  );
  // On a machine of one's own it is below two; here others are at work.
  expect(median).toBeLessThan(5);
}, 120_000);

it('has it in threads, and in all shards', async () => {
  expect(await asked('apart')).toBe('edit 10');
  const tasks = Array.from({ length: 12 }, (_, key) => ({ type: 'ask', input: {}, workflowInstanceId: `w${key}` }));
  const { results } = (await call('/api/tasks/batch', { tasks })) as unknown as { results: { task: { id: string } }[] };
  const outputs = await Promise.all(results.map(({ task: { id } }) => outputOf(id)));
  expect(outputs).toEqual(tasks.map(() => 'edit 10'));
}, 60_000);

it('tells of each Millrace of the app, and has changed code in its own', async () => {
  expect(api.millraces.map(({ name }) => name)).toEqual(['watched', 'team-own Other']);
  const { url = '', apiKey = '' } = api.millraces[1] ?? {};
  expect(said).toContain(
    `team-own Other\n  console        ${url}/console\n  API            ${url}\n  key            ${apiKey}`,
  );
  expect(await asked('other', url)).toBe('other');
  await save('other-tasks/answers/answer.ts', "export const answer = 'another';\n");
  await expect.poll(() => asked('other', url), { timeout: 60_000 }).toBe('another');
}, 120_000);

it('shows what tasks log, in a line each that does nothing to the terminal', async () => {
  const id = '[0-9A-Z]{26}-\\d+';
  await saying(
    new RegExp(`\\d\\d:\\d\\d:\\d\\d\\.\\d{3} +info +ask ${id} #1 +asked for +fields=\\{"answer":"edit 10"\\}\n`),
    0,
  );
  await saying(new RegExp(` +info +ask ${id} #1 +aloud\\\\n\\\\x1b\\[2J\n`), 0);
  expect(said).not.toMatch(/attempt ended/);
});

it('takes the last of quick saves', async () => {
  for (let edit = 1; edit <= 5; edit++) await saveAnswer(`quick ${edit}`);
  await answers().toBe('quick 5');
  await sleep(1_000);
  expect(await asked()).toBe('quick 5');
}, 60_000);

it('tells where an edit is broken, goes on with the code before, and heals by the next', async () => {
  let since = said.length;
  await save('tasks/answers/answer.ts', "export const answer = 'never' +;\n");
  await saying(/✗ tasks\/answers\/answer\.ts not in place.*\n +tasks\/answers\/answer\.ts:1: Unexpected ";"/, since);
  expect(await asked()).toBe('quick 5');
  since = said.length;
  await save('tasks/answers/answer.ts', "export const answer = 'never';\nthrow new Error('no settings');\n");
  await saying(
    /not in place.*\n +[\w/-]+\.ts cannot be imported: it threw Error: no settings, at tasks\/answers\/answer\.ts:2/,
    since,
  );
  expect(await asked()).toBe('quick 5');
  await save('tasks/answers/answer.ts', "export { answer } from './elsewhere.ts';\n");
  await save('tasks/answers/elsewhere.ts', "export const answer = 'healed';\n");
  await answers().toBe('healed');
}, 120_000);

it('lets an attempt that runs end with the code that it began with', async () => {
  await saveAnswer('at the beginning');
  await answers().toBe('at the beginning');
  const slow = await call('/api/tasks', { type: 'slow', input: {} });
  await expect.poll(async () => (await call(`/api/tasks/${slow.id}`)).status, { timeout: 30_000 }).toBe('running');
  await saveAnswer('meanwhile');
  await answers().toBe('meanwhile');
  await expect
    .poll(async () => call(`/api/tasks/${slow.id}`), { timeout: 30_000 })
    .toMatchObject({ status: 'succeeded', attempt: 1, output: 'at the beginning' });
}, 120_000);

type Schedule = {
  readonly type: string;
  readonly cron: string;
  readonly last?: { readonly outcome: string; readonly time: string };
  readonly lastTaskId?: string;
};

/** Makes a type that tells which firing it runs for. */
const timed = (cron: string) =>
  task('timed', {
    more: `schedule: [{ cron: '${cron}', timezone: 'Europe/Berlin', input: {} }],`,
    run: 'return ctx.schedule?.time ?? null',
  });

const schedules = async (): Promise<readonly Schedule[]> =>
  ((await call('/api/schedules')) as unknown as { items: readonly Schedule[] }).items;

it('deploys what is more than code, loses nothing by it, and has edits in place again after it', async () => {
  let since = said.length;
  await save('tasks/timed.ts', timed('* * * * *'));
  const later = await call('/api/tasks', { type: 'ask', input: {}, delaySeconds: 15 });
  const batch = 'batch: { maxSize: 5, windowSeconds: 3 },';
  await save('tasks/tell.ts', task('tell', { more: batch, run: 'return _input.map(() => answer)' }));
  await saying(DEPLOYED, since, 180);
  await answers('tell').toBe('meanwhile');
  await saveAnswer('after a type');
  await answers().toBe('after a type');
  await answers('tell').toBe('after a type');
  since = said.length;
  await save('app.ts', appFile(512));
  await saying(DEPLOYED, since, 180);
  await saveAnswer('after a setting');
  await answers().toBe('after a setting');
  // The schedule of the definition has been deployed with it, and fires: its handler sees for when.
  const fired = { type: 'timed', cron: '* * * * *', last: { outcome: 'fired', time: expect.any(String) } };
  await expect.poll(schedules, { timeout: 180_000, interval: 1_000 }).toMatchObject([fired]);
  const [schedule] = await schedules();
  expect(await outputOf(schedule?.lastTaskId ?? '')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/);
  since = said.length;
  await save('tasks/timed.ts', timed('0 7 * * *'));
  await rm(join(app, 'tasks/tell.ts'));
  await saying(DEPLOYED, since, 180);
  expect(await asked('tell')).toBe('invalid_request');
  await expect.poll(async () => (await call(`/api/tasks/${later.id}`)).status, { timeout: 60_000 }).toBe('succeeded');
  await expect
    .poll(schedules, { timeout: 120_000, interval: 1_000 })
    .toEqual([expect.objectContaining({ type: 'timed', cron: '0 7 * * *' })]);
}, 900_000);

it('tells what is wrong with the app, and goes on with what is deployed', async () => {
  let since = said.length;
  await save('tasks/double.ts', task('ask'));
  await saying(/✗ the app runs as before: [^✓]*the task type ask is defined twice, in tasks\/(ask|double)\.ts/, since);
  expect(await asked()).toBe('after a setting');
  since = said.length;
  await save('tasks/double.ts', task('twofold'));
  await saying(DEPLOYED, since, 180);
  await answers('twofold').toBe('after a setting');
}, 300_000);

it('leaves nothing running, and begins again with what was saved meanwhile', async () => {
  const { serverPid } = JSON.parse(readFileSync(join(app, '.millrace/run.json'), 'utf8'));
  await stop();
  expect(() => process.kill(serverPid, 0)).toThrow('ESRCH');
  expect(readdirSync(join(app, '.millrace')).filter((name) => /^(bundle|local|run)\b/.test(name))).toEqual([]);
  await saveAnswer('saved meanwhile');
  await start();
  expect(await asked()).toBe('saved meanwhile');
}, 300_000);
