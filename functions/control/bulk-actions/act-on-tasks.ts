import type { BulkAction, RefusalCode } from '../../core/bulk-action/bulk-action.ts';
import { endedBefore } from '../../core/bulk-action/matching.ts';
import type { BulkOutcome } from '../../core/bulk-action/progress.ts';
import { compact } from '../../core/compact.ts';
import { mapConcurrently } from '../../core/concurrency.ts';
import type { TaskCatalog } from '../../core/define-task.ts';
import { type DeletePorts, deleteTask } from '../../core/deletion/delete-task.ts';
import { propagateCancel } from '../../core/fan-out/propagate-cancel.ts';
import { type QueueAgainPorts, queueAgain } from '../../core/fan-out/retry-task.ts';
import { presentExecutorKey } from '../../core/lane/routing.ts';
import type { Log, Sleep, TaskQueue, TaskStore } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import type { QueuedTask, Task } from '../../core/task/task.ts';
import type { DeployedClasses } from '../../resource-classes.ts';

export type ActPorts = QueueAgainPorts &
  DeletePorts & {
    readonly store: Pick<TaskStore, 'cancel' | 'retry' | 'get' | 'getAll'>;
    readonly queue: TaskQueue;
    readonly catalog: TaskCatalog;
    readonly classes: DeployedClasses;
    readonly sleep: Sleep;
    readonly log: Log;
  };

/** What a step takes beside that: it may last longer than the lease of who makes it. */
type StepPorts = ActPorts & { readonly keepLease: () => Promise<void> };

/** So many tasks are acted on at a time: enough for the greatest rate, and few, so that calls of others are not behind many of its own. */
const PARALLEL = 3;

/** A deletion of one task has so long, and goes on where it was when it is tried again. */
const DELETION_MILLISECONDS = 10_000;

/** What does not answer for one task is asked so often, after waits of so many milliseconds, and twice as many each time. */
const TRIES = 4;
const FIRST_WAIT_MILLISECONDS = 200;

/** What has come of one task; a task that is queued has to be sent. */
type Act = { readonly refusal?: RefusalCode; readonly queued?: QueuedTask };
const DONE: Act = {};
const refused = (refusal: RefusalCode): Act => ({ refusal });

/**
 * Does the action to some tasks, and says what has come of each. With `isAgain`, who has died may have done it to some of them: what is
 * as it would be then counts as done. Throws where it could be done to none, as nothing answers: then they are tried again.
 */
export async function actOnTasks(
  action: BulkAction,
  ids: readonly TaskId[],
  isAgain: boolean,
  ports: StepPorts,
): Promise<readonly BulkOutcome[]> {
  const { tenantId } = action;
  const found = new Map((await ports.store.getAll(tenantId, ids, ports.clock())).map((task) => [task.id, task]));
  const acts = await mapConcurrently(ids, PARALLEL, (id) => actPatiently(action, found.get(id), id, isAgain, ports));
  const failures = acts.filter(({ failure }) => failure !== undefined);
  // One alone that does not answer in another attempt either would keep all others from their turn.
  const isStuck = isAgain && acts.length === 1;
  if (failures.length > 0 && failures.length === acts.length && !isStuck) throw failures[0]?.failure;
  const queued = acts.flatMap((act) => act.queued ?? []);
  await sendAll(queued, ports);
  return acts.map(({ id, refusal }) => compact({ id, refusal }));
}

/** Acts on one task. What does not answer is asked again, and what it may have done then counts as done. */
async function actPatiently(
  action: BulkAction,
  found: Task | undefined,
  id: TaskId,
  isAgain: boolean,
  ports: StepPorts,
): Promise<Act & { readonly id: TaskId; readonly failure?: unknown }> {
  for (let tries = 1; ; tries++) {
    try {
      await ports.keepLease();
      const task = tries === 1 ? found : await ports.store.get(action.tenantId, id, ports.clock());
      return { id, ...(await actOn(action, id, task, isAgain || tries > 1, ports)) };
    } catch (failure) {
      if (tries === TRIES) {
        ports.log('warn', 'bulk action: no answer', { action_id: action.id, task_id: id, reason: String(failure) });
        return { id, refusal: 'unavailable', failure };
      }
      await ports.sleep(FIRST_WAIT_MILLISECONDS * 2 ** (tries - 1));
    }
  }
}

function actOn(
  action: BulkAction,
  id: TaskId,
  task: Task | undefined,
  isAgain: boolean,
  ports: ActPorts,
): Promise<Act> {
  switch (action.verb) {
    case 'retry':
      return retry(action, task, isAgain, ports);
    case 'cancel':
      return cancel(action, task, isAgain, ports);
    case 'delete':
      return remove(action, id, task, isAgain, ports);
  }
}

async function retry(
  { createdAt }: BulkAction,
  task: Task | undefined,
  isAgain: boolean,
  ports: ActPorts,
): Promise<Act> {
  if (task === undefined) return refused('not_found');
  // It has had another life since. Who began this has given it that, or somebody else has, to the same end.
  if (endedBefore(task, createdAt) === undefined) return isAgain ? DONE : refused('invalid_status');
  if (task.parent !== undefined) return refused('subtask');
  const again = await queueAgain(task, ports);
  return again.result === 'queued' ? { queued: again.task } : refused(again.code);
}

async function cancel(action: BulkAction, task: Task | undefined, isAgain: boolean, ports: ActPorts): Promise<Act> {
  if (task === undefined) return refused('not_found');
  // A subtask that is cancelled may fail its parent, whose end would be another then.
  if (task.parent !== undefined) return refused('subtask');
  const ended = await ports.store.cancel(action.tenantId, task.id, ports.clock());
  if (ended.result === 'missing') return refused('not_found');
  if (ended.result === 'finished') {
    return isAgain && ended.task.status === 'cancelled' ? DONE : refused('invalid_status');
  }
  if (ended.result === 'cancelled') await propagateCancel(ended.task, ports);
  return DONE;
}

async function remove(
  { tenantId, createdAt }: BulkAction,
  id: TaskId,
  task: Task | undefined,
  isAgain: boolean,
  ports: ActPorts,
): Promise<Act> {
  // What was queued again meanwhile is not what was to go.
  if (task !== undefined && endedBefore(task, createdAt) === undefined) return refused('invalid_status');
  if (task?.parent !== undefined) return refused('subtask');
  const removal = await deleteTask(tenantId, id, ports.clock() + DELETION_MILLISECONDS, ports);
  switch (removal.result) {
    case 'deleted':
      return DONE;
    case 'missing':
      return isAgain ? DONE : refused('not_found');
    case 'refused':
      return refused('invalid_status');
    case 'unfinished':
      throw new Error('the deletion of a task was not finished in time');
  }
}

/** Sends what is queued, several in a message. What is refused, or whose lane is gone, the sweeper sends within a minute or two. */
async function sendAll(queued: readonly QueuedTask[], ports: ActPorts): Promise<void> {
  const present = await Promise.all(
    queued.map(async (task) => ((await presentExecutorKey(task, ports)) === task.executorKey ? task : undefined)),
  );
  const outgoing = present.flatMap((task) => (task === undefined ? [] : { task, delaySeconds: 0 }));
  if (outgoing.length === 0) return;
  const refusedIds = await ports.queue.sendAll(outgoing);
  if (refusedIds.size > 0) {
    ports.log('warn', 'messages not sent: the sweeper will send them', { tasks: refusedIds.size });
  }
}
