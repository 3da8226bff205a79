import { setTimeout as sleep } from 'node:timers/promises';
import type { ListedTask, MillraceApi } from './millrace-api.ts';

const LOOK_MS = 500;
const OPEN = ['queued', 'running', 'waiting', 'scheduled'];
/** Of the clocks of two machines, and a submit that was under way when another began. */
const MARGIN_MS = 60_000;

/** What became of tasks: those that the API lists, by id. */
export type Fates = ReadonlyMap<string, ListedTask>;

/**
 * Waits until the tenant has no open task, at most so long; `told` hears how many are about left in the lanes. Returns whether
 * nothing is open.
 */
export async function drained(
  api: MillraceApi,
  limit: { readonly seconds: number; readonly signal: AbortSignal },
  told: (left: number) => void,
): Promise<boolean> {
  const deadline = Date.now() + limit.seconds * 1000;
  for (;;) {
    limit.signal.throwIfAborted();
    const left = await api.inLanes();
    told(left);
    if (left === 0 && !(await hasOpen(api))) return true;
    if (Date.now() > deadline) return false;
    await sleep(LOOK_MS);
  }
}

async function hasOpen(api: MillraceApi): Promise<boolean> {
  for (const status of OPEN) if (await api.hasAny(status)) return true;
  return false;
}

/** Reads what became of all that was submitted from a moment on; subtasks are among them. */
export async function readFates(api: MillraceApi, since: number, told: (read: number) => void): Promise<Fates> {
  const fates = new Map<string, ListedTask>();
  for await (const task of api.tasksSince(since - MARGIN_MS)) {
    fates.set(task.id, task);
    if (fates.size % 100 === 0) told(fates.size);
  }
  return fates;
}
