import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import * as z from 'zod';
import type { SingleTaskDefinition, TaskCatalog } from '../../functions/core/define-task.ts';
import type { JsonValue } from '../../functions/core/json.ts';
import { misbehave } from './misbehaviour.ts';
import { ODD_OUTPUTS } from './odd-outputs.ts';
import { echo } from './task-definitions.ts';

const kept: Buffer[] = [];

/** Handlers may do these things to the thread that they run in; each is a task type of the name of its key. */
const HANDLERS: Record<string, SingleTaskDefinition['run']> = {
  echo: echo.run,
  give: async (name) => ODD_OUTPUTS[String(name)]?.() as never,
  hang: async () => {
    for (;;);
  },
  hoard: async () => {
    for (const hoard: number[][] = []; ; ) hoard.push(new Array(10_000).fill(0.5));
  },
  exit: async () => process.exit(3),
  stray: async () => {
    setTimeout(() => {
      throw new Error('nobody caught it');
    });
    return sleep(10_000, null);
  },
  obey: (_, { signal }) =>
    new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  tell: async (fields, { log }) => {
    log('first', fields as Record<string, JsonValue>);
    log('second');
    return null;
  },
  keep: async (megabytes) => {
    kept.push(Buffer.alloc(Number(megabytes) * 2 ** 20));
    return threadId;
  },
  fail: async (options, ctx) => ctx.fail('no_luck', 'it did not work', options ?? {}),
  'fail for want of credentials': async (_, ctx) =>
    ctx.fail('not_allowed', 'Could not load credentials from any providers', { retryable: false }),
  throw: async () => {
    throw new RangeError('out of range', { cause: new Error('the cause') });
  },
  look: async (_, { task }) => ({
    task,
    environment: Object.keys(process.env).sort(),
    flags: process.execArgv,
    threadId,
  }),
  'tell its firing': async (_, { schedule }) => schedule?.time ?? null,
  'read a secret': async (name, { secret }) => secret(String(name)),
  call: async (url, { http, signal }) => (await http.request(String(url), { signal })).body.text(),
  'call AWS': async (endpoint) => {
    const { DynamoDBClient, ListTablesCommand } = await import('@aws-sdk/client-dynamodb');
    const client = new DynamoDBClient({ endpoint: String(endpoint), region: 'us-east-1', maxAttempts: 1 });
    return (await client.send(new ListTablesCommand({}))).TableNames ?? [];
  },
  function: async () => (() => {}) as never,
  misbehave,
  rest: async (milliseconds) => sleep(Number(milliseconds), 'rested'),
  linger: async (what, { signal }) => {
    signal.addEventListener('abort', () => {
      if (what === 'listener') throw new Error('late');
    });
    if (what === 'rejection') setTimeout(() => Promise.reject(new Error('late')), 50).unref();
    if (what === 'timer') setInterval(() => {}, 1000);
    if (what === 'exit') setTimeout(() => process.exit(1), 50).unref();
    return threadId;
  },
  'log what JSON cannot carry': async (_, ctx) => {
    const circular: Record<string, JsonValue> = {};
    circular.self = circular;
    for (const fields of [
      { n: 10n },
      circular,
      { f: () => {} },
      {
        toJSON: () => {
          throw new Error('gotcha');
        },
      },
    ]) {
      ctx.log('odd', fields as never);
    }
    ctx.log(7n as never);
    console.warn('by the console', { n: 10n });
    return null;
  },
  'write by the console': async () => {
    console.group('group');
    console.log('text %d', 7);
    console.groupEnd();
    console.dir({ dir: 1 });
    console.table([{ table: 1 }]);
    console.assert(false, 'assert');
    console.assert(true, 'nothing');
    console.time('time');
    console.timeEnd('time');
    console.count('count');
    console.trace('trace');
    return null;
  },
  'tell a wrong progress': async (_, ctx) => {
    const caught: string[] = [];
    for (const progress of [[Number.NaN], ['half'], [1n], [0.5, 7], [0.5, {}], [0.5, () => {}]]) {
      try {
        ctx.progress(...(progress as unknown as [number]));
      } catch (error) {
        caught.push(String(error));
      }
    }
    return caught;
  },
};

const definitions = Object.entries(HANDLERS).map(
  ([type, run]): SingleTaskDefinition => ({ ...echo, type, run, resources: 'default', isolated: true }),
);

/** Gives back what it takes, if that fits. */
const invoice: SingleTaskDefinition = {
  ...echo,
  type: 'invoice',
  resources: 'default',
  isolated: true,
  output: z.object({ total: z.int(), currency: z.string().default('EUR') }),
};

/** The executor and its threads find the tasks by their type here. */
export const isolatedTasks: TaskCatalog = Object.fromEntries(
  [...definitions, invoice].map((definition) => [definition.type, async () => definition]),
);
