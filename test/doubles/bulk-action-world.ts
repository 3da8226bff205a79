import { type BulkActionPorts, runBulkActions } from '../../functions/control/bulk-actions/run-bulk-actions.ts';
import {
  type BulkAction,
  type BulkVerb,
  bulkActionTask,
  filterFor,
  type KeptBulkAction,
} from '../../functions/core/bulk-action/bulk-action.ts';
import { refusedIn } from '../../functions/core/bulk-action/progress.ts';
import { taskIdOf } from '../../functions/core/task/ids.ts';
import { type FailedTask, newTask, type Task, type TaskSeed } from '../../functions/core/task/task.ts';
import type { TaskFilter } from '../../functions/core/task/task-list.ts';
import { taskSeed } from './task-seed.ts';
import { createWorld } from './world.ts';

/** Makes a world in which bulk actions are carried out. */
export function createBulkActionWorld() {
  const world = createWorld();
  const { bulkActions } = world.ports;
  const ports: BulkActionPorts = { ...world.ports, due: world.ports.store };
  let made = 0;
  return Object.assign(world, {
    bulkActions,
    bulkPorts: ports,
    /** Asks for a bulk action, as the router does. */
    async ask(verb: BulkVerb, filter: TaskFilter, ratePerSecond = 50): Promise<BulkAction> {
      const { tenantId } = taskSeed();
      const id = taskIdOf(`B${String(++made).padStart(25, '0')}`, 0);
      const action = { id, tenantId, verb, filter: filterFor(verb, filter), ratePerSecond, createdAt: world.now };
      await bulkActions.create(action);
      await world.ports.store.hold(bulkActionTask(action), world.now);
      return action;
    },
    /** Carries out what is open, as an invocation does. */
    run: (seconds = 75, others: Partial<BulkActionPorts> = {}) =>
      runBulkActions(world.now + seconds * 1000, { ...ports, ...others }),
    /** Puts tasks that have failed into the table, the first the oldest. */
    fail(count: number, of: Partial<TaskSeed> = {}): TaskSeed[] {
      return Array.from({ length: count }, () => {
        world.advance(0.01);
        const seed = taskSeed({ createdAt: world.now, ...of });
        world.ports.store.overwrite(failedTask(seed, world.now));
        return seed;
      });
    },
    statusOf: async ({ tenantId, id }: Pick<TaskSeed, 'tenantId' | 'id'>): Promise<Task['status'] | undefined> =>
      (await ports.store.get(tenantId, id, world.now))?.status,
    async account({ tenantId, id }: BulkAction) {
      const { progress } = (await bulkActions.get(tenantId, id)) as KeptBulkAction;
      const { matched, done, refusals } = progress;
      return { matched, done, refused: refusedIn(refusals), refusals, progress };
    },
  });
}

export type BulkActionWorld = ReturnType<typeof createBulkActionWorld>;

/** Makes a task that has failed in its third attempt. */
const failedTask = (seed: TaskSeed, finishedAt: number): FailedTask => ({
  ...newTask(seed),
  status: 'failed',
  attempt: 3,
  startedAt: finishedAt - 10,
  finishedAt,
  error: { code: 'boom', message: 'it failed', retryable: true },
});

/** Counts how often each task was queued again. */
export function watchRetries(world: BulkActionWorld): Map<string, number> {
  const retries = new Map<string, number>();
  const { store } = world.ports;
  const { watch } = store;
  store.watch = (before, after) => {
    watch(before, after);
    if (before?.status === 'failed' && after.status === 'queued')
      retries.set(after.id, (retries.get(after.id) ?? 0) + 1);
  };
  return retries;
}

/** Has each task that is retried fail again at once. */
export function failAgain(world: BulkActionWorld): void {
  const { store } = world.ports;
  const { watch } = store;
  store.watch = (before, after) => {
    watch(before, after);
    if (before?.status === 'failed' && after.status === 'queued') {
      queueMicrotask(() => store.overwrite(failedTask(after, world.now)));
    }
  };
}

/** Puts tasks that wait for an executor into the table, the first the oldest. */
export async function queueTasks(world: BulkActionWorld, count: number): Promise<TaskSeed[]> {
  const seeds: TaskSeed[] = [];
  for (let place = 0; place < count; place++) {
    world.advance(0.01);
    const seed = taskSeed({ createdAt: world.now });
    await world.ports.store.insert(newTask(seed));
    seeds.push(seed);
  }
  return seeds;
}

/** Returns a store with some verbs in the place of its own. */
export const withOthers = <Store extends object>(store: Store, others: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const own = Reflect.get(others, name) ?? Reflect.get(target, name);
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
