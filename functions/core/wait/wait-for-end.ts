import { inTime } from '../in-time.ts';
import type { Clock, Log, Meter, Sleep, TaskStore } from '../ports.ts';
import { isFinished, type Task } from '../task/task.ts';

/** Bounds how many callers wait at a time, in all environments together. */
export interface WaiterSlots {
  /**
   * Takes a slot. It is free again at `until` (milliseconds since the epoch), whatever becomes of whoever has it. `undefined` where
   * all are taken.
   */
  take(now: number, until: number): Promise<WaiterSlot | undefined>;
  /** Gives a slot back, unless its time is over and somebody else has it. */
  release(slot: WaiterSlot): Promise<void>;
}

export type WaiterSlot = { readonly number: number; readonly until: number };

/** Lets nobody wait. */
export const NO_SLOTS: WaiterSlots = { take: async () => undefined, release: async () => {} };

export type WaitPorts = {
  readonly store: Pick<TaskStore, 'get'>;
  readonly slots: WaiterSlots;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly log: Log;
  readonly meter: Meter;
};

/** How a wait went: the task has ended or the time is over, the task is not there any more, or there was no slot to wait in. */
export type Wait =
  | { readonly result: 'waited'; readonly task: Task }
  | { readonly result: 'missing' }
  | { readonly result: 'full' };

/** Most tasks end soon. With the longest pause, the look after it and the answer, an end is told within half a second. */
const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 300;
const PAUSE_GROWTH = 1.5;

/** Returns the milliseconds before a look, the first of which is 0. */
export const pauseBefore = (look: number): number =>
  Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * PAUSE_GROWTH ** look);

/** A look that takes longer is given up for another. */
const LOOK_MILLISECONDS = 1_000;

/** Many may ask for slots at once. Whoever has none by then does not wait. */
const SLOT_MILLISECONDS = 3_000;

/** The slot of an environment that was killed is free so soon after the end of its wait. */
const SLOT_MARGIN_MILLISECONDS = 2_000;

/** Waits for the end of a task that was open when it was read, until `until` (milliseconds since the epoch). */
export async function waitForEnd(task: Task, until: number, ports: WaitPorts): Promise<Wait> {
  const slot = await takeSlot(until + SLOT_MARGIN_MILLISECONDS, ports);
  if (slot === undefined) {
    ports.meter.record('waiter', 'waitsRefused', 1);
    return { result: 'full' };
  }
  try {
    return await lookUntil(task, until, ports);
  } finally {
    await release(slot, ports);
  }
}

/** Takes a slot. Where that fails, nobody knows how many wait, so that none is had. */
async function takeSlot(until: number, { slots, clock, log }: WaitPorts): Promise<WaiterSlot | undefined> {
  try {
    return await inTime(slots.take(clock(), until), SLOT_MILLISECONDS);
  } catch (error) {
    log('warn', 'waiter slot not taken', { reason: String(error) });
    return undefined;
  }
}

async function lookUntil(task: Task, until: number, ports: WaitPorts): Promise<Wait> {
  let latest = task;
  const failures: unknown[] = [];
  for (let looks = 0; ports.clock() < until && !isFinished(latest); looks++) {
    await ports.sleep(Math.min(pauseBefore(looks), until - ports.clock()));
    try {
      const found = await inTime(look(latest, ports), LOOK_MILLISECONDS);
      if (found === undefined) return { result: 'missing' };
      latest = found;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    const reason = String(failures[0]);
    ports.log('warn', 'task not read while it was waited for', { task_id: task.id, looks: failures.length, reason });
  }
  return { result: 'waited', task: latest };
}

/**
 * Looks at a task for half of the price. Where it has ended, or is not to be seen, that may be how it was before the wait: before a
 * retry, or its submit. So that is read again as it is.
 */
async function look({ tenantId, id }: Task, { store, clock }: WaitPorts): Promise<Task | undefined> {
  const found = await store.get(tenantId, id, clock(), 'recent');
  return found === undefined || isFinished(found) ? store.get(tenantId, id, clock()) : found;
}

/** Gives a slot back. One that cannot be given back is free when its time is over. */
async function release(slot: WaiterSlot, { slots, log }: WaitPorts): Promise<void> {
  try {
    await inTime(slots.release(slot), LOOK_MILLISECONDS);
  } catch (error) {
    log('warn', 'waiter slot not released: it is free when its time is over', { reason: String(error) });
  }
}
