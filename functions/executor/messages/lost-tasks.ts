import type { Clock, Delivery, Log, TaskStore } from '../../core/ports.ts';
import type { TaskId } from '../../core/task/ids.ts';
import type { TaskSeed } from '../../core/task/task.ts';

type Arrival = { readonly task: TaskSeed; readonly delivery: Delivery };
type LostPorts = { readonly store: Pick<TaskStore, 'getAll'>; readonly clock: Clock; readonly log: Log };

/**
 * The tasks whose last attempt seems to have ended with its executor: their message comes again, and their row still says
 * that they run. One of them may have ended it. A read for messages that come again, and nothing for the others.
 */
export async function findLost(
  arrivals: readonly Arrival[],
  { store, clock, log }: LostPorts,
): Promise<ReadonlySet<TaskId>> {
  const again = arrivals.filter(({ delivery }) => delivery.receiveCount > 1).map(({ task }) => task);
  // Alone, a task takes nobody with it.
  if (again.length === 0 || arrivals.length === 1) return new Set();
  try {
    const found = await Promise.all(
      [...Map.groupBy(again, ({ tenantId }) => tenantId)].map(([tenantId, tasks]) =>
        store.getAll(tenantId, [...new Set(tasks.map(({ id }) => id))], clock()),
      ),
    );
    return new Set(found.flatMap((tasks) => tasks.filter(({ status }) => status === 'running').map(({ id }) => id)));
  } catch (error) {
    log('warn', 'tasks of lost executors not looked for: they begin together', { reason: String(error) });
    return new Set();
  }
}
