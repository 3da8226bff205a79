import { mapConcurrently } from '../concurrency.ts';
import type { FanOuts, OpenedFanOut } from '../fan-out/fan-outs.ts';
import type { Clock, PayloadStore, TaskStore } from '../ports.ts';
import type { TaskId, TenantId } from '../task/ids.ts';
import { isFinished, subtaskIdsOf, type Task } from '../task/task.ts';
import { cancelOrEnd } from './give-up.ts';
import type { TaskHistory } from './task-history.ts';
import type { BegunDeletion, Remains, TaskDeletions, Tombstone } from './tombstone.ts';

export type DeletePorts = {
  readonly store: Pick<TaskStore, 'cancel' | 'get' | 'getAll' | 'settle'>;
  readonly deletions: TaskDeletions;
  readonly fanOuts: Pick<FanOuts, 'drop' | 'opened'>;
  readonly payloads: Pick<PayloadStore, 'remove'>;
  readonly history: TaskHistory;
  readonly clock: Clock;
};

export type DeleteResult =
  | { readonly result: 'deleted' }
  | { readonly result: 'missing' }
  /** It is as it was; `reason` says to people why. */
  | { readonly result: 'refused'; readonly reason: string }
  /** It is gone, and not all that it had is, since that takes longer, or still runs: the same call goes on. */
  | { readonly result: 'unfinished' };

/** So many subtasks are deleted at a time. */
const PARALLEL = 20;

/** Of so many of its last attempts it is asked what they left: an output that was not settled, or a fan-out before a retry. */
const ATTEMPTS_ASKED = 20;

type Begun = Tombstone & { readonly remains: Remains };

/**
 * Deletes a task that has ended: its row, its payloads, what it was fanned out into and all that had, before `deadline`
 * (milliseconds since the epoch). A task that is retried meanwhile is not deleted. Doing it again goes on where it ended.
 */
export async function deleteTask(
  tenantId: TenantId,
  taskId: TaskId,
  deadline: number,
  ports: DeletePorts,
): Promise<DeleteResult> {
  const found = await ports.store.get(tenantId, taskId, ports.clock());
  const reason = found && (await refusalOf(found, ports));
  if (reason !== undefined) return { result: 'refused', reason };
  const begun = await ports.deletions.begin(tenantId, taskId, ports.clock());
  if (begun.result === 'refused') return { result: 'refused', reason: openReason(begun.task) };
  if (begun.result === 'missing') return begun;
  return { result: (await removeTree(begun.tombstone, deadline, ports)) ? 'deleted' : 'unfinished' };
}

const openReason = ({ status }: Task): string =>
  `the task is ${status}: only one that has ended can be deleted; cancel it first`;

/** Says why a task must stay; nothing where it need not. */
async function refusalOf(task: Task, { store, clock }: DeletePorts): Promise<string | undefined> {
  if (!isFinished(task)) return openReason(task);
  const { tenantId, parent } = task;
  // A retry of its parent may take it over.
  if (parent !== undefined && (await store.get(tenantId, parent.id, clock())) !== undefined) {
    return `the task is a subtask: delete its parent, ${parent.id}, and with it all that it was fanned out into`;
  }
  const subtasks = await store.getAll(tenantId, subtaskIdsOf(task), clock());
  const open = subtasks.filter((subtask) => !isFinished(subtask)).length;
  if (open === 0) return undefined;
  return `${open} of its subtasks ${open === 1 ? 'has' : 'have'} not ended: delete it when all have`;
}

/** A deleted task, and what attempts of it were fanned out into, be it that it has waited for that, or not. */
type Part = Begun & { readonly openings: readonly (OpenedFanOut & { readonly attempt: number })[] };

/**
 * Removes what a deleted task had, from the top of its fan-outs to the bottom; says whether that was all. What still runs of it has to
 * end first, and those above it stay known as what it is a part of.
 */
async function removeTree(root: Begun, deadline: number, ports: DeletePorts): Promise<boolean> {
  const fannedOut = [await partOf(root, ports)];
  let isAnyRunning = false;
  // Those that are found on the way come after it.
  for (const parent of fannedOut) {
    const begun = await mapConcurrently(subtaskIdsEver(parent), PARALLEL, async (id) => {
      if (ports.clock() > deadline) return [];
      const tombstone = await beginSubtask(parent.tenantId, id, ports);
      if (tombstone === 'running') isAnyRunning = true;
      if (tombstone === 'running' || tombstone === undefined) return [];
      const part = await partOf(tombstone, ports);
      if (hasFannedOut(part)) return [part];
      await removeParts(part, ports);
      return [];
    });
    if (ports.clock() > deadline) return false;
    fannedOut.push(...begun.flat());
  }
  if (isAnyRunning) return false;
  for (const parent of fannedOut.toReversed()) {
    if (ports.clock() > deadline) return false;
    await removeParts(parent, ports);
  }
  return true;
}

/** Takes a read for each attempt that may have been fanned out. */
async function partOf(tombstone: Begun, { fanOuts }: DeletePorts): Promise<Part> {
  const { tenantId, id, remains } = tombstone;
  const attempts = lastAttempts(remains).filter((attempt) => attempt < remains.attempt || !remains.isSucceeded);
  const openings = await mapConcurrently(attempts, PARALLEL, async (attempt) => {
    const opened = await fanOuts.opened({ tenantId, id, attempt });
    return opened === undefined ? [] : [{ ...opened, attempt }];
  });
  return { ...tombstone, openings: openings.flat() };
}

const hasFannedOut = ({ remains, openings }: Part): boolean => remains.fanOut !== undefined || openings.length > 0;

/** Returns the ids of what a task was fanned out into, also before a retry that has left these alone, or taken them over. */
function subtaskIdsEver({ tenantId, id, remains, openings }: Part): TaskId[] {
  // What a fan-out has taken over has the ids of that which it was made in.
  const made = openings.filter(({ supersedes }) => supersedes === undefined);
  const before = made.flatMap(({ attempt, count }) => subtaskIdsOf({ tenantId, id, fanOut: { attempt, count } }));
  return [...new Set([...subtaskIdsOf({ ...remains, tenantId, id }), ...before])];
}

const lastAttempts = ({ attempt }: Remains): number[] =>
  Array.from({ length: Math.min(attempt, ATTEMPTS_ASKED) }, (_, place) => attempt - place);

/** Begins the deletion of a subtask whose parent is gone; one that has not ended is cancelled, which takes a moment where it runs. */
async function beginSubtask(
  tenantId: TenantId,
  id: TaskId,
  ports: DeletePorts,
): Promise<Begun | 'running' | undefined> {
  const begin = (): Promise<BegunDeletion> => ports.deletions.begin(tenantId, id, ports.clock());
  let begun = await begin();
  if (begun.result === 'refused') {
    await cancelOrEnd(tenantId, id, ports);
    begun = await begin();
  }
  if (begun.result === 'missing') return undefined;
  return begun.result === 'begun' ? begun.tombstone : 'running';
}

async function removeParts({ openings, ...tombstone }: Part, ports: DeletePorts): Promise<void> {
  const { tenantId, id, remains } = tombstone;
  const nameOf = (ref: string): string => `${tenantId}#${id}#${ref}`;
  const outputs = lastAttempts(remains).map((attempt) => nameOf(`output-${attempt}`));
  const subtasks = openings.flatMap(({ subtasks: kept }) => ('ref' in kept ? [kept.ref] : []));
  const entries = await ports.history.entries(tenantId, id);
  const refs = [...remains.refs, ...outputs, ...subtasks, ...entries.flatMap(({ ref }) => ref ?? [])];
  await ports.payloads.remove(tenantId, id, [...new Set(refs)]);
  await ports.history.remove(tenantId, id, entries);
  await mapConcurrently(openings, PARALLEL, ({ attempt }) => ports.fanOuts.drop({ tenantId, id, attempt }));
  await ports.deletions.finish(tombstone, ports.clock());
}
