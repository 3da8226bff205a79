import type { PayloadStore, TaskStore } from '../ports.ts';
import { keepUntilOf } from '../task/payload.ts';
import { type RunningTask, subtaskIdsOf } from '../task/task.ts';
import type { FanOutToOpen } from './fan-outs.ts';
import { isKept, type TakeOverPorts } from './take-over.ts';

export type ReopenPorts = Pick<TakeOverPorts, 'fanOuts' | 'clock' | 'retentionDays'> & {
  readonly store: Pick<TaskStore, 'getAll'>;
  readonly payloads: Pick<PayloadStore, 'keep'>;
};

/** How an attempt ends that runs no handler: the subtasks of an earlier one are taken over, but for those that pend. */
export type Reopened = { readonly kind: 'reopened'; readonly fanOut: Required<FanOutToOpen> };

/**
 * Returns the outcome of an attempt that was asked to run subtasks again: the same fan-out, in which those pend that are to run,
 * but for what has succeeded since. `undefined` where nothing of the kind was asked, or the fan-out is not kept any more.
 */
export async function reopenedFanOut(
  task: RunningTask,
  { fanOuts, store, payloads, clock, retentionDays }: ReopenPorts,
): Promise<Reopened | undefined> {
  const { tenantId, id, fanOut } = task;
  if (fanOut?.again === undefined) return undefined;
  const { attempt: supersedes, count, again } = fanOut;
  const record = await fanOuts.get({ tenantId, id, attempt: supersedes });
  if (record === undefined) return undefined;
  const { subtasks, onFailure } = record;
  if ((await payloads.keep(subtasks, keepUntilOf(task, clock(), retentionDays))) === 'missing') return undefined;
  const places = again === 'failed' ? [...Array(count).keys()] : again;
  const ids = subtaskIdsOf(task);
  const asked = places.flatMap((place) => ids[place] ?? []);
  const found = await store.getAll(tenantId, asked, clock());
  const kept = new Set<string | undefined>(found.filter(isKept).map((one) => one.id));
  const pending = new Set(places.filter((place) => !kept.has(ids[place])));
  return { kind: 'reopened', fanOut: { subtasks, onFailure, supersedes, count, pending } };
}
