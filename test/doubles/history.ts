import fc from 'fast-check';
import { expect } from 'vitest';
import { NO_LAG } from '../../functions/adapters/memory/lagging-index.ts';
import { sweep } from '../../functions/control/sweep.ts';
import type { TaskCatalog } from '../../functions/core/define-task.ts';
import { taskIdOf } from '../../functions/core/task/ids.ts';
import { isFinished, newTask, subtaskIdsOf, type Task } from '../../functions/core/task/task.ts';
import { handleBatch } from '../../functions/executor/handle-batch.ts';
import { answer } from '../../functions/router/router.ts';
import { apiEvent } from './api-event.ts';
import { FrailProcess, type Frailty, STURDY } from './frail-process.ts';
import { lagOf } from './lag-of.ts';
import { type Plan, plannedTasks, sumOf } from './planned-tasks.ts';
import { lineOf, remainsOf, watchRows } from './row-watch.ts';
import { onStoppedClock, turn } from './stopped-clock.ts';
import { taskSeed } from './task-seed.ts';
import { createWorld, type World } from './world.ts';

const FUNCTION_SECONDS = 60;
const LANE_VISIBILITY_SECONDS = 360;

const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

/**
 * An executor makes so many calls before it works on messages that were delivered often: it hides, sends anew and
 * discards them.
 */
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

const stepOf = (deletes: boolean) =>
  fc.record({
    /** There are two, since every message is delivered twice. */
    executors: fc.tuple(frailty, frailty),
    sweeper: rarely(frailty),
    router: frailty,
    acknowledges: fc.boolean(),
    /** This says whether the stalled processes of earlier steps go on. */
    wakes: fc.boolean(),
    /** The tenant asks for these of his tasks to be cancelled or retried. */
    cancelled: rarely(fc.nat()),
    retried: rarely(fc.nat()),
    /** He has one of them deleted, after all else. */
    deleted: deletes ? rarely(fc.nat()) : fc.constant(undefined),
    /** Which of its subtasks a retried task is to have run again. */
    subtasks: fc.constantFrom(undefined, 'failed', 'all'),
    paused: rarely(fc.constantFrom(...TYPES)),
    /** The definition of this type cannot be loaded; `loses` has all payloads that there are get lost. */
    broken: rarely(fc.constantFrom(...TYPES)),
    loses: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    secondsUntilNext: fc.oneof(fc.nat({ max: 40 }), fc.constant(400)),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
type Step = ReturnType<typeof stepOf> extends fc.Arbitrary<infer Value> ? Value : never;

const roots = fc.array(fc.record({ plan, hasRow: fc.boolean() }), { minLength: 1, maxLength: 5 });
type Root = { readonly plan: Plan; readonly hasRow: boolean };

/**
 * Expects that every history of so many steps at the least ends as it should, in a world that is sound or has a fault. Where tasks are
 * deleted, no process stands still: what it writes when it is awake again is of what is gone, and left to TTL.
 */
export const histories = ({ mutate = (_world: World): void => {}, shortest = 0, deletes = false } = {}) =>
  fc.asyncProperty(
    fc.array(stepOf(deletes), { minLength: shortest, maxLength: 25 }),
    roots,
    fc.constantFrom(0, CALLS_TO_REPLACE),
    fc.nat(),
    fc.boolean(),
    (...history) => onStoppedClock(() => live(...history, deletes, mutate)),
  );

/** Lives through the steps, then lets everything recover, and checks the invariants on the way and at the end. */
async function live(
  steps: readonly Step[],
  chosen: readonly Root[],
  soundCalls: number,
  seed: number,
  fills: boolean,
  deletes: boolean,
  mutate: (world: World) => void,
): Promise<void> {
  const { world, rows, retried, violations, orphans, watchSettlements } = watchedWorld(lagOf(seed));
  // A simulated attempt takes no time: executors fill their places at once, or never.
  world.ports.fillTimes = fills ? { first: 0, again: 0 } : { first: LONGEST_TIMER_MILLISECONDS, again: 0 };
  mutate(world);
  watchSettlements();
  const { store, settings } = world.ports;
  await submit(world, chosen);

  const stalled: FrailProcess[] = [];
  const begin = (chance: Frailty): FrailProcess => {
    const process = new FrailProcess(deletes ? { ...chance, stallsAt: undefined } : chance, soundCalls);
    stalled.push(process);
    return process;
  };
  const sweepBy = async (process: FrailProcess): Promise<unknown> =>
    process.until(sweep(world.now + 60_000, process.through({ ...world.ports, due: store })).catch(() => {}));
  /** A tenant's own process does not stall: what he has asked for would happen when it is no longer expected. */
  const ask = async (
    verb: 'cancel' | 'retry',
    number: number | undefined,
    chance: Frailty,
    body?: unknown,
  ): Promise<void> => {
    const task = [...rows.values()][(number ?? 0) % Math.max(rows.size, 1)];
    if (number === undefined || task === undefined) return;
    // A subtask runs again with all that it is a part of.
    if (verb === 'retry') for (const one of lineOf(task, rows)) retried.add(one.id);
    const process = new FrailProcess({ ...chance, stallsAt: undefined });
    const event = apiEvent(`POST /api/tasks/${task.id}/${verb}`, body === undefined ? {} : { body });
    await process.until(answer(event, process.through(world.ports)));
    retried.clear();
  };
  const deletedIds = new Set<string>();
  const remove = async (number: number | undefined, chance: Frailty): Promise<void> => {
    const task = [...rows.values()][(number ?? 0) % Math.max(rows.size, 1)];
    if (number === undefined || task === undefined) return;
    const process = new FrailProcess({ ...chance, stallsAt: undefined });
    const event = apiEvent(`DELETE /api/tasks/${task.id}`);
    const answered = await process.until(answer(event, process.through(world.ports)));
    if (answered !== 'halted' && answered.statusCode === 200) deletedIds.add(task.id);
  };

  for (const { executors, sweeper, router, cancelled, retried: again, subtasks, deleted, ...more } of steps) {
    const { paused, broken, loses } = more;
    world.random = more.random;
    for (const type of TYPES) await settings.change(type, { paused: type === paused });
    const isBroken = breakDefinition(world, broken);
    if (loses) world.payloads.lose();
    if (sweeper !== undefined) await sweepBy(begin(sweeper));
    await ask('cancel', cancelled, router);
    await ask('retry', again, router, subtasks && { subtasks });
    await invoke(world, executors.map(begin), more.acknowledges);
    if (more.wakes) for (const process of stalled.splice(0)) process.wake();
    await comeToRest();
    await remove(deleted, router);
    isBroken.mended();
    world.advance(more.secondsUntilNext);
  }

  for (const process of stalled) process.wake();
  await comeToRest();
  for (const type of TYPES) await settings.change(type, { paused: false });
  // A process that died leaves its tasks to the sweeper, but not before their time has come.
  world.advance(400);
  for (let calm = 0; calm < 40 && !isQuiet(world, rows); calm++) {
    // Where executors die before they replace a message, again and again, it can become a dead letter.
    if (soundCalls >= CALLS_TO_REPLACE) expect(world.queue.deadLetters).toEqual([]);
    for (const { body } of world.queue.deadLetters.splice(0)) world.queue.put(body);
    await sweepBy(new FrailProcess(STURDY));
    // The index may not list a task at the first look; it does at the second.
    if (calm === 0) await sweepBy(new FrailProcess(STURDY));
    if (calm === 0) expect(orphans(), 'parts whose parent has ended without them').toEqual([]);
    await invoke(world, [new FrailProcess(STURDY)], true);
    world.advance(400);
  }
  expect(violations).toEqual([]);
  expect(isQuiet(world, rows), 'everything has come to an end').toBe(true);
  expect(rows.size).toBeGreaterThanOrEqual(chosen.length);
  expect([...rows.values()].flatMap((task) => mismatchOf(task, rows))).toEqual([]);
  expect(await remainsOf(deletedIds, rows, world), 'what is left of deleted tasks').toEqual([]);
}

/** Lets processes that were woken come to their ends, and those of what they have received meanwhile. */
async function comeToRest(): Promise<void> {
  for (let turns = 0; turns < 100; turns++) await turn();
}

/** Makes a world whose handlers look, too: no attempt runs twice, and what is combined has ended. */
export function watchedWorld(lag = NO_LAG) {
  const attempts = new Set<string>();
  const world: World = createWorld(
    plannedTasks({
      ran({ id, type, attempt, maxAttempts }) {
        const row = rows.get(id);
        // An attempt that slept through its lease may be behind its row, and none may be ahead.
        if (attempt > (row?.attempt ?? 0))
          violations.push(`${type} ${id} runs an attempt ${attempt} that nobody has counted`);
        if (attempt > maxAttempts) violations.push(`${type} ${id} runs for the ${attempt}th of ${maxAttempts} times`);
        const key = `${type} ${id}: attempt ${attempt}`;
        if (attempts.has(key)) violations.push(`${key} ran twice`);
        attempts.add(key);
      },
      combined({ id, type, attempt }, results) {
        const task = rows.get(id);
        // An attempt that slept while its task was retried combines what is of no use any more, and its outcome is
        // dropped.
        if (task?.attempt !== attempt) return;
        const parts = subtaskIdsOf(task).map((part) => rows.get(part)?.status);
        const told = results.map(({ status }) => status);
        if (parts.join() !== told.join()) violations.push(`${type} ${id} combines ${told} of ${parts}`);
        if (type === 'all-of' && told.some((status) => status !== 'succeeded'))
          violations.push(`${type} ${id} combines ${told}`);
      },
    }),
    { lag },
  );
  const { rows, violations, ...watch } = watchRows(world);
  return { world, rows, violations, attempts, ...watch };
}

/** Sends the first task alone and the others together in one message, not all of them with a row. */
export async function submit({ ports: { queue, store, ids, clock } }: World, chosen: readonly Root[]): Promise<void> {
  const seeds = chosen.map(({ plan: input }) => {
    const id = taskIdOf(ids.unique(clock()), 0);
    return taskSeed({ id, type: input.type, input: { inline: input }, maxAttempts: 3 });
  });
  const [alone, ...together] = seeds;
  if (alone !== undefined) await queue.send(alone, 0);
  await queue.sendAll(together.map((task) => ({ task, delaySeconds: 0 })));
  for (const [place, seed] of seeds.entries()) if (chosen[place]?.hasRow) await store.insert(newTask(seed));
}

/** Makes the definition of a type one that does not load, until it is mended. */
function breakDefinition({ ports }: World, type: string | undefined): { readonly mended: () => void } {
  const catalog = ports.catalog as Record<string, TaskCatalog[string]>;
  const load = type === undefined ? undefined : catalog[type];
  if (type === undefined || load === undefined) return { mended: () => {} };
  catalog[type] = () => Promise.reject(new Error('it is not in the bundle'));
  return {
    mended: () => {
      catalog[type] = load;
    },
  };
}

/**
 * Delivers what is visible to each process; as Lambda does, deletes what one of them is done with before its time is
 * over.
 */
export async function invoke(world: World, processes: readonly FrailProcess[], acknowledges: boolean): Promise<void> {
  const deliveries = world.queue.deliver(LANE_VISIBILITY_SECONDS);
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

const isQuiet = ({ queue, ports: { store } }: World, rows: ReadonlyMap<string, Task>): boolean =>
  [...rows.values()].every(isFinished) && queue.messages.size + queue.deadLetters.length + store.waitingTasks === 0;

/** Says where what was combined is not what the parts gave. */
function mismatchOf(task: Task, rows: ReadonlyMap<string, Task>): string[] {
  if (task.status !== 'succeeded' || task.fanOut === undefined) return [];
  const outputs = subtaskIdsOf(task).map((id) => outputOf(rows.get(id)));
  return sumOf(outputs) === outputOf(task) ? [] : [`${task.id} gives ${outputOf(task)} of ${outputs}`];
}

const outputOf = (task: Task | undefined): number =>
  task?.status === 'succeeded' && 'inline' in task.output ? Number(task.output.inline) : 0;
