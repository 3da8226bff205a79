import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask, type SingleTaskDefinition, type TaskDefinition } from '../../functions/core/define-task.ts';
import type { JsonValue } from '../../functions/core/json.ts';
import type { TaskSeed } from '../../functions/core/task/task.ts';
import { guardProcess } from '../../functions/executor/isolation/guard-process.ts';
import { HandlerThreads } from '../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { bulk, bulkSeed } from './bulk-world.ts';
import { greet, invoke, read, submit } from './executor-world.ts';
import { part } from './fan-out-world.ts';
import { misbehave } from './misbehaviour.ts';
import { echo } from './task-definitions.ts';
import { taskSeed } from './task-seed.ts';
import { createWorld, type World } from './world.ts';

/**
 * Runs as a process like that of an executor; a test starts it with a way of running and the names of misbehaviours:
 * what they would do to the test's own process, they do to this one. Prints what became of each, and of the tasks
 * beside it.
 */
const [way = '', ...names] = process.argv.slice(2);
const NEIGHBOURS = 3;
const SECONDS = 45;

const lines: Record<string, unknown>[] = [];
guardProcess((level, event, fields) => lines.push({ level, event, ...fields }));
const { isolate } = new HandlerThreads(
  new URL('thread.ts', import.meta.url),
  { outboundHosts: '' },
  () => {},
  RESOURCE_CLASS_SPECS,
);

const culprit = { ...echo, type: 'misbehave', resources: 'default', timeoutSeconds: SECONDS } as const;
const WAYS: Readonly<Record<string, readonly TaskDefinition[]>> = {
  alone: [{ ...culprit, run: misbehave }],
  isolated: [{ ...culprit, isolated: true }],
  'in a batch': [
    bulk(
      (items, ctx) => misbehave((items as readonly { input: { number: unknown } }[])[0]?.input.number, ctx) as never,
      {
        input: echo.input as never,
      },
    ),
  ],
  combining: [
    part,
    defineTask({
      ...(culprit as SingleTaskDefinition),
      run: async (_, ctx) => ctx.fanOut([{ type: 'part', input: { number: 1 } }]),
      fanOut: { onFailure: 'fail', combine: (_results, input, ctx) => misbehave(input, ctx) },
    }) as TaskDefinition,
  ],
};

const seedOf = (name: string): TaskSeed =>
  way === 'in a batch'
    ? bulkSeed(name, { maxAttempts: 1, timeoutSeconds: SECONDS })
    : taskSeed({ type: 'misbehave', input: { inline: name }, maxAttempts: 1, timeoutSeconds: SECONDS });

/** Runs one invocation of the culprit with its neighbours, which outlast it. */
async function tried(name: string): Promise<JsonValue> {
  const sleeper = greet(async () => sleep(500, 'slept'));
  const around = createWorld([...(WAYS[way] ?? []), sleeper]);
  const world: World = { ...around, ports: { ...around.ports, isolate } };
  const seed = await submit(world, seedOf(name));
  if (way === 'combining') {
    await invoke(world);
    await invoke(world);
  }
  const neighbours = Array.from({ length: NEIGHBOURS }, () => taskSeed({ maxAttempts: 1 }));
  for (const neighbour of neighbours) await submit(world, neighbour);
  const began = performance.now();
  await invoke(world);
  const seconds = (performance.now() - began) / 1000;
  const ended = await Promise.all([seed, ...neighbours].map((one) => read(world, one)));
  const [task, ...others] = ended.map((one) => {
    const { code = null, message = null } = one !== undefined && 'error' in one ? (one.error ?? {}) : {};
    return { status: one?.status ?? 'missing', attempt: one?.attempt ?? 0, code, message };
  });
  return { task: task ?? null, others, seconds };
}

const results = await Promise.all(names.map(async (name) => [name, await tried(name)]));
// Failures that come late come within this time.
await sleep(100);
process.stdout.write(JSON.stringify({ results: Object.fromEntries(results), lines }));
process.exit(0);
