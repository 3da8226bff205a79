import { describe, expect, it } from 'vitest';
import type { TaskDeletions } from '../../functions/core/deletion/tombstone.ts';
import type { DueTasks, TaskStore } from '../../functions/core/ports.ts';
import { UNKEYED } from '../../functions/core/task/fingerprint.ts';
import type { LeaseToken } from '../../functions/core/task/ids.ts';
import { newTask, type RunningTask, type TaskSeed } from '../../functions/core/task/task.ts';
import { dueTasks } from '../doubles/due-tasks.ts';
import { DAY, failure, lease, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

type Stores = { store: TaskStore; due: DueTasks; deletions: TaskDeletions };

/** Tests what deletions of tasks have to do, whatever keeps the tasks. */
export function taskDeletionsContract(name: string, makeStores: () => Stores): void {
  describe(`${name} as a store that tasks are deleted from`, () => {
    const { store, due, deletions } = makeStores();
    const { claim, read, taskThatIs } = storeDriver(store);
    const LATER = NOW + 10_000;

    const begin = async ({ tenantId, id }: TaskSeed, now = LATER) => {
      const begun = await deletions.begin(tenantId, id, now);
      if (begun.result !== 'begun') throw new Error(begun.result);
      return begun.tombstone;
    };
    const deleted = async (seed: TaskSeed, now = LATER): Promise<TaskSeed> => {
      await deletions.finish(await begin(seed, now), now);
      return seed;
    };

    it.each(['succeeded', 'failed', 'cancelled'] as const)(
      'takes a task that is %s, also out of lists',
      async (status) => {
        const assignee = { type: 'user', id: `of ${status} ${Date.now()}` };
        const seed = await deleted(await taskThatIs(status, { assignee }));
        expect(await read(seed, LATER)).toBeUndefined();
        expect(await store.getAll(seed.tenantId, [seed.id], LATER)).toEqual([]);
        const { tenantId } = seed;
        expect(await store.list({ tenantId, filter: { assignee }, limit: 10 }, LATER)).toEqual({ tasks: [] });
        expect(await store.retry(tenantId, seed.id, LATER, LATER)).toEqual({ result: 'missing' });
        expect(await store.cancel(tenantId, seed.id, LATER)).toEqual({ result: 'missing' });
        expect(await deletions.begin(tenantId, seed.id, LATER)).toEqual({ result: 'missing' });
      },
    );

    it.each(['scheduled', 'queued', 'running', 'waiting'] as const)('leaves a task that is %s', async (status) => {
      const seed = await taskThatIs(status);
      const task = await read(seed);
      expect(await deletions.begin(seed.tenantId, seed.id, LATER)).toEqual({ result: 'refused', task });
      expect(await read(seed)).toEqual(task);
    });

    it('leaves one that is retried meanwhile', async () => {
      const seed = await taskThatIs('failed');
      const [retry, begun] = await Promise.all([
        store.retry(seed.tenantId, seed.id, LATER, LATER),
        deletions.begin(seed.tenantId, seed.id, LATER),
      ]);
      expect([retry.result, begun.result]).toEqual(
        retry.result === 'queued' ? ['queued', 'refused'] : ['missing', 'begun'],
      );
    });

    it("finds no task where there is none, or another tenant's, or one past its retention", async () => {
      const seed = await taskThatIs('failed');
      expect(await deletions.begin(tenant('stranger'), seed.id, LATER)).toEqual({ result: 'missing' });
      expect(await deletions.begin(seed.tenantId, taskSeed().id, LATER)).toEqual({ result: 'missing' });
      expect(await deletions.begin(seed.tenantId, seed.id, NOW + 15 * DAY)).toEqual({ result: 'missing' });
    });

    it('tells what else there is of the task', async () => {
      const seed = taskSeed({ createdAt: NOW, input: { ref: 'acme#a#input' }, onEnd: { ref: 'acme#a#onEnd' } });
      const output = { ref: 'payloads/acme/a/output-1' };
      await store.settle(await claim(seed), { status: 'succeeded', output, finishedAt: NOW });
      expect((await begin(seed)).remains).toEqual({
        isKeyed: true,
        attempt: 1,
        isSucceeded: true,
        refs: ['acme#a#input', 'acme#a#onEnd', 'payloads/acme/a/output-1'],
      });
    });

    describe('a message of a deleted task', () => {
      it.each(['at once', 'while its deletion is under way'])('does not make it anew, %s', async (when) => {
        const seed = await taskThatIs('succeeded');
        if (when === 'at once') await deleted(seed);
        else await begin(seed);
        expect(await store.claim(seed, lease(), LATER)).toEqual({ result: 'deleted' });
        expect(await store.claim(seed, lease(), LATER + 14 * DAY)).toEqual({ result: 'deleted' });
        expect(await store.hold(seed, LATER)).toBe('lost');
        expect(await read(seed, LATER)).toBeUndefined();
      });

      it('of an attempt that was given up settles nothing', async () => {
        const seed = taskSeed({ createdAt: NOW });
        const first: RunningTask = await claim(seed, NOW, {
          token: `first ${seed.id}` as LeaseToken,
          expiresAt: NOW + 1,
        });
        await store.settle(await claim(seed, NOW + 2), failure);
        await deleted(seed);
        expect(await store.settle(first, { ...failure, finishedAt: LATER })).toBe('lost');
        const states = [await store.check(first), await store.check(first, { leaseExpiresAt: LATER })];
        expect(states).toEqual(['lost', 'lost']);
      });
    });

    it('is due no more', async () => {
      const seed = await taskThatIs('waiting');
      await store.cancel(seed.tenantId, seed.id, NOW);
      await deleted(seed);
      const ids = (await dueTasks(due, NOW + DAY)).map(({ task }) => task.id);
      expect(ids).not.toContain(seed.id);
    });

    describe('the idempotency key of a deleted task', () => {
      const again = (seed: TaskSeed, createdAt: number): TaskSeed => ({
        ...seed,
        createdAt,
        fingerprint: 'fingerprint-b',
      });

      it('is free in the second after it, for a submit and for its message, and that task is deleted as any', async () => {
        const seed = await deleted(await taskThatIs('succeeded'));
        const next = again(seed, LATER + 1000);
        expect(await store.insert(newTask(next))).toEqual({ result: 'inserted' });
        expect(await claim(next, next.createdAt)).toMatchObject({ ...next, attempt: 1 });
        const other = await deleted(await taskThatIs('succeeded'));
        expect(await claim(again(other, LATER + 1000), LATER + 1000)).toMatchObject({
          attempt: 1,
          fingerprint: 'fingerprint-b',
        });
      });

      it('stands for nothing any more', async () => {
        const seed = await deleted(await taskThatIs('succeeded'));
        expect(await store.getByKey(seed.tenantId, seed.id, LATER)).toBeUndefined();
      });

      it('is not free while the parts of the task are removed, or as long as a deletion that died is to go on', async () => {
        const seed = await taskThatIs('succeeded');
        await begin(seed);
        const freeAt = LATER + 61_000;
        expect(await store.insert(newTask(again(seed, freeAt - 1)))).toEqual({ result: 'deleted', freeAt });
        expect(await store.getByKey(seed.tenantId, seed.id, LATER)).toBeUndefined();
        const { tenantId, id: keyId, fingerprint, priority, maxAttempts, timeoutSeconds } = seed;
        const binding = { tenantId, keyId, taskId: keyId, fingerprint, priority, maxAttempts, timeoutSeconds };
        expect(await store.bindKey({ ...binding, freeAt: LATER + DAY }, LATER)).toEqual({ result: 'deleted', freeAt });
        expect(await store.insert(newTask(again(seed, freeAt)))).toEqual({ result: 'inserted' });
      });

      it('where it had none, its id is never that of another', async () => {
        const seed = await deleted(await taskThatIs('succeeded', { fingerprint: UNKEYED }));
        const late = { ...seed, createdAt: LATER + DAY };
        expect(await store.insert(newTask(late))).toMatchObject({ result: 'deleted' });
        expect(await store.claim(late, lease(), LATER + DAY)).toEqual({ result: 'deleted' });
      });
    });

    it('goes on with a deletion that was not finished, which whoever began it finishes no more', async () => {
      const seed = await taskThatIs('succeeded');
      const first = await begin(seed);
      const second = await begin(seed, LATER + 1);
      expect(second.remains).toEqual(first.remains);
      await deletions.finish(first, LATER + 2);
      await deletions.finish(await begin(seed, LATER + 3), LATER + 3);
      expect(await deletions.begin(seed.tenantId, seed.id, LATER + 4)).toEqual({ result: 'missing' });
    });
  });
}
