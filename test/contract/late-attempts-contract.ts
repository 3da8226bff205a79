import { describe, expect, it } from 'vitest';
import type { DueTasks, TaskStore } from '../../functions/core/ports.ts';
import { dueTasks } from '../doubles/due-tasks.ts';
import { error, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed } from '../doubles/task-seed.ts';

/** Tests what every store has to do for a task whose next attempt is later than a queue can delay. */
export function lateAttemptsContract(
  name: string,
  makeStores: () => { readonly store: TaskStore; readonly due: DueTasks },
): void {
  describe(`${name} as a store of late attempts`, () => {
    const { store, due } = makeStores();
    const { claim, read } = storeDriver(store);

    it('lists the task when it is due, and not before', async () => {
      const seed = taskSeed();
      const notBefore = NOW + 3_600_000;
      const settlement = { status: 'queued', error, notBefore, dueAt: notBefore } as const;
      expect(await store.settle(await claim(seed), settlement)).toBe('settled');
      const listed = async (now: number) => (await dueTasks(due, now)).filter(({ task }) => task.id === seed.id);
      expect(await listed(notBefore - 1)).toEqual([]);
      const task = { ...seed, status: 'queued', attempt: 1, error, notBefore };
      expect(await listed(notBefore)).toEqual([{ task, dueAt: notBefore }]);
      expect(await read(seed)).toEqual(task);
    });
  });
}
