import type { TaskId } from '../../functions/core/task/ids.ts';
import { isFinished, newTask, type RunningTask, type Task } from '../../functions/core/task/task.ts';
import type { World } from './world.ts';

/** Replaces a verb of a port, in the hands of whoever takes from it what it would have done. */
function swap<Port extends object, Verb extends keyof Port>(
  port: Port,
  verb: Verb,
  make: (original: Port[Verb]) => Port[Verb],
) {
  const original = port[verb];
  Object.assign(port, { [verb]: make(typeof original === 'function' ? original.bind(port) : original) });
}

const alive = (task: Task | undefined): task is Task => task !== undefined && !isFinished(task);

/**
 * The core or its adapters could have these faults; each makes a world with it, and the simulation has to find them
 * all.
 */
export const MUTANTS: Readonly<Record<string, (world: World) => void>> = {
  'a claim without a look at the lease': ({ ports: { store } }) =>
    swap(store, 'claim', (claim) => async (task, lease, now) => {
      const found = await claim(task, lease, now);
      return found.result === 'leased' ? claim(task, { ...lease, expiresAt: found.until + 1 }, found.until) : found;
    }),
  'messages acknowledged before their tasks are settled': ({ queue }) =>
    swap(queue, 'deliver', (deliver) => (...args) => {
      const deliveries = deliver(...args);
      for (const { messageId } of deliveries) queue.messages.delete(messageId);
      return deliveries;
    }),
  'attempts counted at receive': ({ ports: { store } }) => {
    const received = new Map<string, number>();
    swap(store, 'claim', (claim) => async (task, ...more) => {
      received.set(task.id, (received.get(task.id) ?? 0) + 1);
      const found = await claim(task, ...more);
      if (found.result !== 'claimed') return found;
      return { ...found, task: { ...found.task, attempt: received.get(task.id) ?? 1 } };
    });
  },
  'a settlement without the lease': ({ ports: { store } }) =>
    swap(store, 'settle', (settle) => async (task, settlement) => {
      const found = await store.get(task.tenantId, task.id, 0);
      return settle(found?.status === 'running' ? { ...task, leaseToken: found.leaseToken } : task, settlement);
    }),
  'a claim that does not count': ({ ports: { store } }) =>
    swap(store, 'claim', (claim) => async (...args) => {
      const found = await claim(...args);
      if (found.result !== 'claimed' || found.task.attempt < 2) return found;
      return { ...found, task: { ...found.task, attempt: found.task.attempt - 1 } };
    }),
  'attempts beyond the most there may be': ({ ports: { store } }) =>
    swap(store, 'claim', (claim) => async (seed, lease, now) => {
      const found = await claim(seed, lease, now);
      if (found.result !== 'attempts_spent') return found;
      const task: RunningTask = { ...found.task, attempt: found.task.attempt + 1, leaseToken: lease.token };
      store.overwrite(task);
      return { result: 'claimed', task };
    }),
  'a sweeper that releases before it sends': ({ ports: { store } }) => {
    for (const verb of ['due', 'held'] as const) {
      const pages = store[verb].bind(store) as (...args: unknown[]) => ReturnType<typeof store.due>;
      const releasing = async function* (...args: unknown[]) {
        for await (const page of pages(...args)) {
          for (const one of page) if (one.task.status === 'queued') await store.release(one);
          yield page;
        }
      };
      Object.assign(store, { [verb]: releasing });
    }
  },
  'a part that counts for all': ({ ports: { fanOuts } }) =>
    swap(fanOuts, 'close', (close) => async (...args) => {
      const record = await close(...args);
      return record && { ...record, pending: new Set<number>() };
    }),
  'a part that is struck out with its neighbour': ({ ports: { fanOuts } }) =>
    swap(fanOuts, 'close', (close) => async (parent, place) => {
      await close(parent, place + 1);
      return close(parent, place);
    }),
  'a part that nobody hears of': ({ ports: { fanOuts } }) =>
    swap(fanOuts, 'close', () => async (parent) => fanOuts.get(parent)),
  'a parent that goes on twice': ({ ports: { fanOuts, store } }) =>
    swap(fanOuts, 'resume', (resume) => async (parent, dueAt) => {
      const found = await resume(parent, dueAt);
      const row = await store.get(parent.tenantId, parent.id, 0);
      if (found.result === 'queued' || row === undefined || row.status === 'queued') return found;
      const { id, tenantId } = parent;
      const task = { ...newTask({ ...row, id, tenantId }), status: 'queued' as const, attempt: row.attempt };
      store.overwrite(task);
      return { result: 'queued', task };
    }),
  'a cancel that overwrites an end': ({ ports: { store } }) =>
    swap(store, 'cancel', (cancel) => async (tenantId, id, now) => {
      const found = await cancel(tenantId, id, now);
      if (found.result !== 'finished') return found;
      const task = { ...found.task, status: 'cancelled' as const, finishedAt: now };
      store.overwrite(task);
      return { result: 'cancelled', task };
    }),
  'duties that nobody does again for a task that has ended': ({ ports: { store } }) => {
    swap(
      store,
      'getAll',
      (getAll) => async (tenantId, ids, now) =>
        (await getAll(tenantId, ids, now)).map((task) =>
          isFinished(task) ? { ...task, parent: undefined as never } : task,
        ),
    );
    swap(store, 'claim', (claim) => async (...args) => {
      const found = await claim(...args);
      if (found.result !== 'finished') return found;
      const { parent: _, fanOut: _fanOut, ...task } = found.task;
      return { ...found, task };
    });
  },
  'an insert that overwrites': ({ ports: { store } }) =>
    swap(store, 'insert', (insert) => async (task, dueAt) => {
      const found = await insert(task, dueAt);
      if (found.result === 'exists') store.overwrite(task);
      return { result: 'inserted' };
    }),
  'a hold that keeps nothing': ({ ports: { store } }) => swap(store, 'hold', () => async () => 'held'),
  'a hold of what runs': ({ ports: { store } }) =>
    swap(store, 'hold', (hold) => async (task, now) => {
      const found = await store.get(task.tenantId, task.id, now);
      return alive(found) && found.status === 'running' ? 'held' : hold(task, now);
    }),
  'a message that is replaced by none': ({ ports: { queue } }) =>
    swap(queue, 'sendAll', (sendAll) => async (outgoing) => {
      if (outgoing.some(({ delaySeconds }) => delaySeconds > 0)) return new Set<TaskId>();
      return sendAll(outgoing);
    }),
  'a part that is taken over, and stays one of the fan-out before': ({ ports: { store } }) =>
    swap(
      store,
      'retry',
      (retry) =>
        async (tenantId, id, now, dueAt, { parent: _, ...terms } = {}) =>
          retry(tenantId, id, now, dueAt, terms),
    ),
  'a retry that is not sent': ({ ports: { queue } }) =>
    swap(queue, 'send', (send) => async (task, delaySeconds) => {
      if (delaySeconds === 0) await send(task, delaySeconds);
    }),
};
