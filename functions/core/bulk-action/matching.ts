import type { TaskStore } from '../ports.ts';
import type { TaskId, TaskOrder } from '../task/ids.ts';
import { type FinishedTask, isFinished, type Task, type TaskSummary } from '../task/task.ts';
import { BULK_ACTION_TYPE, type BulkAction, statusesFor } from './bulk-action.ts';

type Reading = { readonly store: Pick<TaskStore, 'list'>; readonly clock: () => number };

/**
 * Reads the next tasks that a bulk action is to be done to, the newest first. It is about what existed when somebody asked for it: a
 * task that it has queued again, and that has failed again, does not match any more.
 */
export async function readMatching(
  action: Pick<BulkAction, 'tenantId' | 'verb' | 'filter' | 'createdAt'>,
  after: TaskOrder | undefined,
  limit: number,
  { store, clock }: Reading,
): Promise<{ readonly ids: readonly TaskId[]; readonly next: TaskOrder | undefined }> {
  const { tenantId, createdAt } = action;
  // It is the first moment that is too late.
  const createdTo = Math.min(action.filter.createdTo ?? Number.POSITIVE_INFINITY, createdAt + 1);
  const page = await store.list({ tenantId, filter: { ...action.filter, createdTo }, limit, after }, clock());
  const ids = page.tasks.filter((task) => isMatched(action, task)).map(({ id }) => id);
  return { ids, next: page.next };
}

/** Says whether a bulk action is about a task that fits its filter. None is about others of its kind. */
function isMatched({ verb, createdAt }: Pick<BulkAction, 'verb' | 'createdAt'>, task: TaskSummary): boolean {
  if (task.type === BULK_ACTION_TYPE || !statusesFor(verb).includes(task.status)) return false;
  return !('finishedAt' in task) || hadEnded(task, createdAt);
}

/** Says whether a task had ended before a bulk action was asked for, and has been nothing else since. */
const hadEnded = (task: { readonly finishedAt?: number }, createdAt: number): boolean =>
  task.finishedAt !== undefined && task.finishedAt < createdAt;

/** Returns a task that had ended then, and `undefined` for one that is open, or was meanwhile. */
export const endedBefore = (task: Task, createdAt: number): FinishedTask | undefined =>
  isFinished(task) && hadEnded(task, createdAt) ? task : undefined;
