import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sweep } from '../../functions/control/sweep.ts';
import { isFinished, newTask, subtaskIdsOf, type Task } from '../../functions/core/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { answer } from '../../functions/router/router.ts';
import { apiEvent } from '../doubles/api-event.ts';
import { dueTasks } from '../doubles/due-tasks.ts';
import { FrailProcess, type Frailty, STURDY } from '../doubles/frail-process.ts';
import { type Plan, plannedTasks, sumOf } from '../doubles/planned-tasks.ts';
import { watchRows } from '../doubles/row-watch.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { createWorld, type World } from '../doubles/world.ts';

const FUNCTION_SECONDS = 60;
const LANE_VISIBILITY_SECONDS = 360;

/** What an executor calls before it works on messages that were delivered often: holds, sends anew, and discards them. */
const CALLS_TO_REPLACE = 3;

const TYPES = ['part', 'share', 'all-of', 'some-of'] as const;

const part: fc.Arbitrary<Plan> = fc.record({
  type: fc.constantFrom('part' as const, 'share' as const),
  fails: fc.constantFrom(0, 0, 1, 'for good' as const),
  parts: fc.constant([]),
});
const whole = (arbitrary: fc.Arbitrary<Plan>): fc.Arbitrary<Plan> =>
  fc.record({
    type: fc.constantFrom('all-of' as const, 'some-of' as const),
    fails: fc.constantFrom(0, 0, 1),
    parts: fc.array(arbitrary, { maxLength: 4 }),
  });
const plan = fc.oneof(part, whole(part), whole(fc.oneof(part, part, whole(part))));

const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const call = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 60 }));
const calls = fc.uniqueArray(call, { maxLength: 3 });
const frailty: fc.Arbitrary<Frailty> = fc.record({
  refused: calls,
  unanswered: calls,
  diesAt: rarely(call),
  stallsAt: rarely(call),
  pace: fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 5 }),
});

const step = fc.record({
  /** Two, since every message is delivered twice. */
  executors: fc.tuple(frailty, frailty),
  sweeper: rarely(frailty),
  router: frailty,
  acknowledges: fc.boolean(),
  /** Whether the stalled processes of earlier steps go on. */
  wakes: fc.boolean(),
  /** What the tenant asks for, of which of its tasks. */
  cancelled: rarely(fc.nat()),
  retried: rarely(fc.nat()),
  paused: rarely(fc.constantFrom(...TYPES)),
  secondsUntilNext: fc.oneof(fc.nat({ max: 40 }), fc.constant(400)),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const roots = fc.array(fc.record({ plan, hasRow: fc.boolean() }), { minLength: 1, maxLength: 5 });
type Root = { readonly plan: Plan; readonly hasRow: boolean };

it('brings every accepted task to exactly one end, whatever breaks on the way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), roots, fc.constantFrom(0, CALLS_TO_REPLACE), live),
    { numRuns: 300 },
  );
}, 60_000);

it('runs each attempt once, and changes nothing that has ended, where every message is delivered three times', async () => {
  const { world, rows, violations, attempts } = watchedWorld();
  const one: Plan = { type: 'part', fails: 0, parts: [] };
  const all: Plan = { type: 'all-of', fails: 0, parts: [one, { ...one, type: 'share' }, one] };
  await submit(
    world,
    Array.from({ length: 200 }, (_, number) => ({ plan: number % 4 === 0 ? all : one, hasRow: number % 3 > 0 })),
  );
  const bodies = new Map<string, string>();
  const settle = async (): Promise<void> => {
    while (world.queue.messages.size > 0) {
      for (const { id, body } of world.queue.messages.values()) bodies.set(id, body);
      await invoke(world, [new FrailProcess(STURDY), new FrailProcess({ ...STURDY, pace: [3, 0, 7] })], true);
      world.advance(30);
    }
  };
  await settle();
  const ended = new Map(rows);
  for (const body of bodies.values()) world.queue.put(body);
  await settle();
  expect(rows).toEqual(ended);
  expect([...rows.values()].filter(({ status }) => status !== 'succeeded')).toEqual([]);
  expect(violations).toEqual([]);
  // 150 alone; 50 with 3 parts each, which run and combine.
  expect(attempts.size).toBe(150 + 50 * (3 + 2));
  expect(rows.size).toBe(150 + 50 * (3 + 1));
});

/** Lives through the steps, then lets everything recover, and checks the invariants on the way and at the end. */
async function live(steps: readonly Step[], chosen: readonly Root[], soundCalls: number): Promise<void> {
  const { world, rows, retried, violations, orphans } = watchedWorld();
  const { store, settings } = world.ports;
  await submit(world, chosen);

  const stalled: FrailProcess[] = [];
  const begin = (chance: Frailty): FrailProcess => {
    const process = new FrailProcess(chance, soundCalls);
    stalled.push(process);
    return process;
  };
  const sweepBy = async (process: FrailProcess): Promise<unknown> =>
    process.until(sweep(world.now + 60_000, process.through({ ...world.ports, due: store })).catch(() => {}));
  /** Not stalled: what a tenant has asked for would happen when it is no longer expected. */
  const ask = async (verb: 'cancel' | 'retry', number: number | undefined, chance: Frailty): Promise<void> => {
    const task = [...rows.values()][(number ?? 0) % Math.max(rows.size, 1)];
    if (number === undefined || task === undefined) return;
    if (verb === 'retry') retried.add(task.id);
    const process = new FrailProcess({ ...chance, stallsAt: undefined });
    await process.until(answer(apiEvent(`POST /api/tasks/${task.id}/${verb}`), process.through(world.ports)));
    retried.clear();
  };

  for (const { executors, sweeper, router, cancelled, retried: again, paused, ...more } of steps) {
    world.random = more.random;
    for (const type of TYPES) await settings.change(type, { paused: type === paused });
    if (sweeper !== undefined) await sweepBy(begin(sweeper));
    await ask('cancel', cancelled, router);
    await ask('retry', again, router);
    await invoke(world, executors.map(begin), more.acknowledges);
    if (more.wakes) for (const process of stalled.splice(0)) process.wake();
    await new Promise(setImmediate);
    world.advance(more.secondsUntilNext);
  }

  for (const process of stalled) process.wake();
  await new Promise(setImmediate);
  for (const type of TYPES) await settings.change(type, { paused: false });
  for (let calm = 0; calm < 40 && !(await isQuiet(world, rows)); calm++) {
    // Where executors die before that, again and again, a message can become a dead letter.
    if (soundCalls >= CALLS_TO_REPLACE) expect(world.queue.deadLetters).toEqual([]);
    for (const { body } of world.queue.deadLetters.splice(0)) world.queue.put(body);
    await sweepBy(new FrailProcess(STURDY));
    if (calm === 0) expect(orphans(), 'parts whose parent has ended without them').toEqual([]);
    await invoke(world, [new FrailProcess(STURDY)], true);
    world.advance(400);
  }
  expect(violations).toEqual([]);
  expect(await isQuiet(world, rows), 'everything has come to an end').toBe(true);
  expect(rows.size).toBeGreaterThanOrEqual(chosen.length);
  expect([...rows.values()].flatMap((task) => mismatchOf(task, rows))).toEqual([]);
}

/** A world whose handlers look, too: no attempt runs twice, and what is combined has ended. */
function watchedWorld() {
  const attempts = new Set<string>();
  const world: World = createWorld(
    plannedTasks({
      ran({ id, type, attempt }) {
        const key = `${type} ${id}: attempt ${attempt}`;
        if (attempts.has(key)) violations.push(`${key} ran twice`);
        attempts.add(key);
      },
      combined({ id, type }, results) {
        const task = rows.get(id);
        const parts = task === undefined ? [] : subtaskIdsOf(task).map((part) => rows.get(part)?.status);
        const told = results.map(({ status }) => status);
        if (parts.join() !== told.join()) violations.push(`${type} ${id} combines ${told} of ${parts}`);
        if (type === 'all-of' && told.some((status) => status !== 'succeeded'))
          violations.push(`${type} ${id} combines ${told}`);
      },
    }),
  );
  const { rows, violations, ...watch } = watchRows(world);
  return { world, rows, violations, attempts, ...watch };
}

/** The first alone, the others together in one message; not all of them with a row. */
async function submit({ ports: { queue, store } }: World, chosen: readonly Root[]): Promise<void> {
  const seeds = chosen.map(({ plan: input }) =>
    taskSeed({ type: input.type, input: { inline: input }, maxAttempts: 3 }),
  );
  const [alone, ...together] = seeds;
  if (alone !== undefined) await queue.send(alone, 0);
  await queue.sendAll(together.map((task) => ({ task, delaySeconds: 0 })));
  for (const [place, seed] of seeds.entries()) if (chosen[place]?.hasRow) await store.insert(newTask(seed));
}

/** Delivers what is visible to each process; Lambda deletes what one of them is done with, before its time is over. */
async function invoke(world: World, processes: readonly FrailProcess[], acknowledges: boolean): Promise<void> {
  const deliveries = world.queue.receive(LANE_VISIBILITY_SECONDS);
  const deadline = world.now + FUNCTION_SECONDS * 1000;
  const invoked = processes.map(async (process) => {
    const work = handleBatch(deliveries, FUNCTION_SECONDS, process.through(world.ports)).then((kept) => {
      if (!acknowledges || world.now > deadline) return;
      for (const { messageId } of deliveries) if (!kept.includes(messageId)) world.queue.messages.delete(messageId);
    });
    await process.until(work);
  });
  await Promise.all(invoked);
}

const isQuiet = async ({ queue, ports: { store } }: World, rows: ReadonlyMap<string, Task>): Promise<boolean> =>
  [...rows.values()].every(isFinished) &&
  queue.messages.size + queue.deadLetters.length === 0 &&
  (await dueTasks(store, Number.POSITIVE_INFINITY)).length === 0;

/** What was combined is what the parts gave. */
function mismatchOf(task: Task, rows: ReadonlyMap<string, Task>): string[] {
  if (task.status !== 'succeeded' || task.fanOut === undefined) return [];
  const outputs = subtaskIdsOf(task).map((id) => outputOf(rows.get(id)));
  return sumOf(outputs) === outputOf(task) ? [] : [`${task.id} gives ${outputOf(task)} of ${outputs}`];
}

const outputOf = (task: Task | undefined): number =>
  task?.status === 'succeeded' && 'inline' in task.output ? Number(task.output.inline) : 0;
