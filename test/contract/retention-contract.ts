import { describe, expect, it } from 'vitest';
import type { TaskStore } from '../../functions/core/ports.ts';
import { DAY, lease, NOW, storeDriver } from '../doubles/store-driver.ts';

/** Tests what every task store has to do with tasks whose type has a retention of its own; that of the store under test is 14 days. */
export function retentionContract(name: string, makeStore: () => TaskStore): void {
  describe(`${name} as a store of tasks with retentions of their types`, () => {
    const store = makeStore();
    const { read, taskThatIs } = storeDriver(store);
    const ends = ['succeeded', 'failed', 'cancelled'] as const;

    it.each(ends)('has a task that is %s shown for as long, and no longer', async (status) => {
      const [short, long] = [
        await taskThatIs(status, { retentionDays: 1 }),
        await taskThatIs(status, { retentionDays: 30 }),
      ];
      expect(await read(short, NOW + DAY - 1000)).toMatchObject({ status, retentionDays: 1 });
      expect(await read(short, NOW + DAY)).toBeUndefined();
      expect(await store.claim(short, lease(), NOW + 13 * DAY)).toMatchObject({ result: 'finished' });
      expect(await read(long, NOW + 30 * DAY - 1000)).toMatchObject({ status });
      expect(await read(long, NOW + 30 * DAY)).toBeUndefined();
    });

    it('holds for one that is cancelled while it waits, and is as before for one that could not be', async () => {
      const waiting = await taskThatIs('waiting', { retentionDays: 1 });
      expect(await store.cancel(waiting.tenantId, waiting.id, NOW)).toMatchObject({ result: 'cancelled' });
      expect(await read(waiting, NOW + DAY)).toBeUndefined();
      const running = await taskThatIs('running', { retentionDays: 1 });
      expect(await store.cancel(running.tenantId, running.id, NOW)).toMatchObject({ result: 'requested' });
      expect(await read(running, NOW + DAY)).toMatchObject({ status: 'running' });
      const ended = await taskThatIs('failed', { retentionDays: 1 });
      expect(await store.cancel(ended.tenantId, ended.id, NOW)).toMatchObject({ result: 'finished' });
    });
  });
}
