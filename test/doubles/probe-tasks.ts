import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import {
  type BatchContext,
  type BatchTaskDefinition,
  defineTask,
  type SingleTaskDefinition,
  type TaskCatalog,
  type TaskContext,
  type TaskDefinition,
} from '../../functions/core/define-task.ts';
import type { JsonValue } from '../../functions/core/json.ts';
import type { DeclaredSchedule } from '../../functions/core/schedule/declared-schedule.ts';
import { misbehave } from './misbehaviour.ts';

const common = {
  description: 'Does what a test asks of it',
  resources: 'default',
  priority: 'normal',
  timeoutSeconds: 20,
  retry: { maxAttempts: 1, baseDelaySeconds: 1, maxDelaySeconds: 1 },
} as const;

const SLEEP_MILLISECONDS = 3_000;

/** Misbehaves, or sleeps and tells in which process: a test wants to know who was beside whom. */
async function does(what: string, ctx: TaskContext | BatchContext): Promise<JsonValue> {
  if (what !== 'sleep') return misbehave(what, ctx);
  console.warn('about to sleep');
  await sleep(SLEEP_MILLISECONDS);
  return process.pid;
}

const probe: SingleTaskDefinition<{ what: string }> = defineTask({
  ...common,
  type: 'probe',
  input: z.strictObject({ what: z.string() }),
  run: ({ what }, ctx) => does(what, ctx),
});

/** Each of its tasks is in a call of its own. */
const probeBatch: BatchTaskDefinition<{ what: string }> = defineTask({
  ...common,
  type: 'probe.batch',
  batch: { maxSize: 1, windowSeconds: 0 },
  input: z.strictObject({ what: z.string() }),
  run: (items, ctx) => Promise.all(items.map(({ input }) => does(input.what, ctx))),
});

const probeHttp: SingleTaskDefinition<{ url: string; reads: boolean }> = defineTask({
  ...common,
  type: 'probe.http',
  input: z.strictObject({ url: z.url(), reads: z.boolean() }),
  run: async ({ url, reads }, ctx) => {
    const { status, body } = await ctx.http.request(url);
    return reads ? (await body.text()).length : status;
  },
});

/** These tasks take the place of the deployment's for as long as a test runs. */
export const tasks = {
  probe: async () => probe as TaskDefinition,
  'probe.isolated': async () => ({ ...probe, type: 'probe.isolated', isolated: true }) as TaskDefinition,
  'probe.batch': async () => probeBatch as TaskDefinition,
  'probe.http': async () => probeHttp as TaskDefinition,
} satisfies TaskCatalog;

/** @public A door imports it where `millrace:tasks` is this module. */
export const schedules: readonly DeclaredSchedule[] = [];
