import { describe, expect, it } from 'vitest';
import type { DueTask, DueTasks, TaskStore } from '../../functions/core/ports.ts';
import { newTask, type TaskSeed } from '../../functions/core/task/task.ts';
import { dueTasks, firstPage, heldTasks } from '../doubles/due-tasks.ts';
import { DAY, error, failure, lease, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

/**
 * Tests what every task store has to do when somebody steps in, or time does. `retentionDays` of the store under test
 * is 14.
 */
export function taskOperationsContract(name: string, makeStores: () => { store: TaskStore; due: DueTasks }): void {
  describe(`${name} as a task store that is operated`, () => {
    const { store, due } = makeStores();
    const { claim, read, taskThatIs } = storeDriver(store);

    describe('a row past its retention', () => {
      const later = NOW + 15 * DAY;

      it('gives way to a new task of the same id', async () => {
        const seed = await taskThatIs('failed');
        const again = { ...seed, createdAt: later, fingerprint: 'fingerprint-b' };
        expect(await store.insert(newTask(again))).toEqual({ result: 'inserted' });
        expect(await read(again, later)).toEqual(newTask(again));
      });

      it('gives way to the claim of a new task of the same id', async () => {
        const seed = await taskThatIs('failed');
        const again = { ...seed, createdAt: later, fingerprint: 'fingerprint-b' };
        const task = await claim(again, later);
        expect(task).toMatchObject({ ...again, attempt: 1, status: 'running' });
        expect(await read(again, later)).toEqual(task);
      });

      it('cannot be cancelled or retried', async () => {
        const { tenantId, id } = await taskThatIs('failed');
        expect(await store.cancel(tenantId, id, later)).toEqual({ result: 'missing' });
        expect(await store.retry(tenantId, id, later, later)).toEqual({ result: 'missing' });
      });
    });

    describe('a scheduled task', () => {
      it('is claimed when it is due, and keeps the time', async () => {
        const seed = await taskThatIs('scheduled');
        expect(await store.claim(seed, lease(), NOW + 4999)).toEqual({ result: 'not_due', until: NOW + 5000 });
        expect(await claim(seed, NOW + 5000)).toMatchObject({ attempt: 1, runAt: NOW + 5000 });
      });
    });

    describe('cancel', () => {
      it.each(['scheduled', 'queued'] as const)('ends a task that is %s, for good', async (status) => {
        const seed = await taskThatIs(status);
        const cancel = await store.cancel(seed.tenantId, seed.id, NOW + 1);
        const task = { ...seed, status: 'cancelled', attempt: 0, finishedAt: NOW + 1 };
        expect(cancel).toEqual({ result: 'cancelled', task });
        expect(await read(seed)).toEqual(task);
        expect(await store.claim(seed, lease(), NOW + DAY)).toEqual({ result: 'finished', task });
      });

      it('forgets why a task was to be tried again', async () => {
        const seed = taskSeed();
        await store.settle(await claim(seed), { status: 'queued', error, notBefore: NOW + 5000 });
        await store.cancel(seed.tenantId, seed.id, NOW);
        expect(await read(seed)).toEqual({ ...seed, status: 'cancelled', attempt: 1, finishedAt: NOW });
      });

      it('flags a running task, once, and leaves its attempt alone', async () => {
        const seed = await taskThatIs('running');
        const running = await read(seed);
        const task = { ...running, cancelRequestedAt: NOW + 1 };
        expect(await store.cancel(seed.tenantId, seed.id, NOW + 1)).toEqual({ result: 'requested', task });
        expect(await store.cancel(seed.tenantId, seed.id, NOW + 2)).toEqual({ result: 'requested', task });
        expect(await read(seed)).toEqual(task);
      });

      it.each(['succeeded', 'failed', 'cancelled'] as const)('leaves a task that is %s', async (status) => {
        const seed = await taskThatIs(status);
        const task = await read(seed);
        expect(await store.cancel(seed.tenantId, seed.id, NOW)).toEqual({ result: 'finished', task });
        expect(await read(seed)).toEqual(task);
      });

      it("finds no task that is not there, or is another tenant's", async () => {
        const seed = await taskThatIs('queued');
        expect(await store.cancel(tenant('other'), seed.id, NOW)).toEqual({ result: 'missing' });
        expect(await store.cancel(seed.tenantId, taskSeed().id, NOW)).toEqual({ result: 'missing' });
        const elsewhere = seed.id.replace(/-0$/, '-99') as typeof seed.id;
        expect(await store.cancel(seed.tenantId, elsewhere, NOW)).toEqual({ result: 'missing' });
        expect(await store.get(seed.tenantId, elsewhere, NOW)).toBeUndefined();
      });

      it('of a running task keeps it from being queued again, and from being taken over', async () => {
        const seed = taskSeed();
        const running = await claim(seed);
        await store.cancel(seed.tenantId, seed.id, NOW);
        expect(await store.settle(running, { status: 'queued', error, notBefore: NOW })).toBe('cancel_requested');
        const task = await read(seed);
        expect(await store.claim(seed, lease(), NOW + DAY)).toEqual({ result: 'cancel_requested', task });
        expect(await store.settle(running, { status: 'cancelled', finishedAt: NOW + 1 })).toBe('settled');
        expect(await read(seed)).toEqual({
          ...seed,
          status: 'cancelled',
          attempt: 1,
          startedAt: NOW,
          finishedAt: NOW + 1,
        });
      });

      it('does not undo what the attempt has done', async () => {
        const seed = taskSeed();
        const running = await claim(seed);
        await store.cancel(seed.tenantId, seed.id, NOW);
        await store.settle(running, { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW });
        expect(await read(seed)).toMatchObject({ status: 'succeeded' });
        expect(await read(seed)).not.toHaveProperty('cancelRequestedAt');
      });
    });

    describe('retry', () => {
      it('queues a failed task again, with the attempts that it had at first', async () => {
        const seed = await taskThatIs('failed');
        const task = { ...seed, status: 'queued', attempt: 1, maxAttempts: 4, attemptsBeforeRetry: 1 };
        expect(await store.retry(seed.tenantId, seed.id, NOW, NOW)).toEqual({ result: 'queued', task });
        expect(await read(seed)).toEqual(task);
        expect(await claim(seed)).toMatchObject({ attempt: 2, maxAttempts: 4 });
      });

      it('queues a cancelled task again', async () => {
        const seed = await taskThatIs('cancelled');
        expect(await store.retry(seed.tenantId, seed.id, NOW, NOW)).toMatchObject({
          result: 'queued',
          task: { attempt: 0, maxAttempts: 3 },
        });
      });

      it('counts attempts on, however often it is asked for', async () => {
        const seed = await taskThatIs('failed');
        for (const attempt of [2, 3, 4]) {
          await store.retry(seed.tenantId, seed.id, NOW, NOW);
          const running = await claim(seed);
          expect(running).toMatchObject({ attempt, maxAttempts: attempt + 2 });
          await store.settle(running, failure);
        }
      });

      it('runs at once what was cancelled before its time', async () => {
        const seed = await taskThatIs('scheduled');
        await store.cancel(seed.tenantId, seed.id, NOW);
        await store.retry(seed.tenantId, seed.id, NOW, NOW);
        expect(await read(seed)).not.toHaveProperty('runAt');
        expect(await claim(seed)).toMatchObject({ status: 'running' });
      });

      it('keeps a retried task from expiring', async () => {
        const seed = await taskThatIs('failed');
        await store.retry(seed.tenantId, seed.id, NOW, NOW);
        expect(await read(seed, NOW + 100 * DAY)).toMatchObject({ status: 'queued' });
      });

      it.each(['scheduled', 'queued', 'running', 'succeeded'] as const)('leaves a task that is %s', async (status) => {
        const seed = await taskThatIs(status);
        const task = await read(seed);
        expect(await store.retry(seed.tenantId, seed.id, NOW, NOW)).toEqual({ result: 'refused', task });
        expect(await read(seed)).toEqual(task);
      });

      it('happens once of many at once', async () => {
        const seed = await taskThatIs('failed');
        const results = await Promise.all([1, 2, 3].map(() => store.retry(seed.tenantId, seed.id, NOW, NOW)));
        expect(results.map(({ result }) => result).toSorted()).toEqual(['queued', 'refused', 'refused']);
        expect(await read(seed)).toMatchObject({ maxAttempts: 4 });
      });
    });

    /** Returns those of the tasks that were asked for; a table may hold tasks of other tests. */
    const only = (found: readonly DueTask[], ...seeds: TaskSeed[]) =>
      found.filter(({ task }) => seeds.some(({ id }) => id === task.id));

    describe('a task that waits for the clock', () => {
      it('is due from its time on, until it is released', async () => {
        const [one, two] = [taskSeed({ runAt: NOW + 2000, createdAt: NOW }), taskSeed({ createdAt: NOW })];
        await store.insert(newTask(one), NOW + 2000);
        await store.insert(newTask(two), NOW + 1000);
        expect(only(await dueTasks(due, NOW + 999), one, two)).toEqual([]);
        expect(only(await dueTasks(due, NOW + 1999), one, two)).toEqual([{ task: newTask(two), dueAt: NOW + 1000 }]);
        const both = only(await dueTasks(due, NOW + 2000), one, two);
        expect(both.map(({ task }) => task.id)).toEqual([two.id, one.id]);
        for (const found of both) expect(await due.release(found)).toBe('released');
        for (const found of both) expect(await due.release(found)).toBe('lost');
        expect(only(await dueTasks(due, NOW + 2000), one, two)).toEqual([]);
        expect(await read(one)).toEqual(newTask(one));
      });

      it('comes once in a walk of many pages, whatever becomes of those before', async () => {
        const seeds = Array.from({ length: 25 }, () => taskSeed({ createdAt: NOW }));
        for (const seed of seeds) await store.insert(newTask(seed), NOW - 1000);
        const found: DueTask[] = [];
        for await (const page of due.due(NOW, 3)) {
          for (const one of only(page, ...seeds)) {
            if (found.push(one) % 2 === 0) await due.release(one);
            else await due.postpone(one, NOW + 1);
          }
        }
        expect(found.map(({ task }) => task.id).toSorted()).toEqual(seeds.map(({ id }) => id).toSorted());
        expect(only(await dueTasks(due, NOW), ...seeds)).toEqual([]);
        expect(only(await dueTasks(due, NOW + 1), ...seeds)).toHaveLength(13);
      });

      it('comes in pages of about the size that is asked for', async () => {
        for (let count = 0; count < 60; count++) await store.insert(newTask(taskSeed()), NOW);
        // Each partition of the index gives its part.
        expect((await firstPage(due.due(NOW, 20))).length).toBeLessThan(40);
      });

      it('is told of its new lane when it is sent to another', async () => {
        const seed = taskSeed({ executorKey: 'default/normal/1' });
        await store.insert(newTask(seed), NOW);
        for (const found of only(await dueTasks(due, NOW), seed)) await due.release(found, 'default/normal/0');
        expect(await read(seed)).toEqual({ ...newTask(seed), executorKey: 'default/normal/0' });
        expect(only(await dueTasks(due, NOW), seed)).toEqual([]);
      });

      it('waits no more once it is cancelled', async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed), NOW);
        await store.cancel(seed.tenantId, seed.id, NOW);
        expect(only(await dueTasks(due, NOW), seed)).toEqual([]);
      });

      it('is due through its attempts, until it ends', async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed), NOW);
        const dueTask = async () => only(await dueTasks(due, NOW), seed).map(({ task }) => task.status);
        await store.settle(await claim(seed), { status: 'queued', error, notBefore: NOW });
        expect(await dueTask()).toEqual(['queued']);
        const running = await claim(seed);
        expect(await dueTask()).toEqual(['running']);
        await store.settle(running, failure);
        expect(await dueTask()).toEqual([]);
      });

      it('is one that was retried', async () => {
        const seed = await taskThatIs('failed');
        await store.retry(seed.tenantId, seed.id, NOW, NOW + 60_000);
        expect(only(await dueTasks(due, NOW + 59_999), seed)).toEqual([]);
        expect(only(await dueTasks(due, NOW + 60_000), seed)).toHaveLength(1);
      });
    });

    describe('hold', () => {
      it.each(['scheduled', 'queued'] as const)('holds a task that is %s', async (status) => {
        const seed = await taskThatIs(status, { type: `held-${status}` });
        expect(await store.hold(seed, NOW)).toBe('held');
        expect(only(await dueTasks(due, NOW + DAY), seed)).toEqual([]);
        const [found, ...others] = only(await heldTasks(due, seed.type, NOW), seed);
        expect(found?.task).toEqual(newTask(seed));
        expect(others).toEqual([]);
        if (found !== undefined) expect(await due.release(found)).toBe('released');
        expect(only(await heldTasks(due, seed.type, NOW), seed)).toEqual([]);
      });

      it('can be postponed, and stays aside', async () => {
        const seed = await taskThatIs('queued', { type: 'held-postponed' });
        await store.hold(seed, NOW);
        for (const one of only(await heldTasks(due, seed.type, NOW), seed)) await due.postpone(one, NOW + 1000);
        expect(only(await dueTasks(due, NOW + DAY), seed)).toEqual([]);
        expect(only(await heldTasks(due, seed.type, NOW + 999), seed)).toEqual([]);
        expect(only(await heldTasks(due, seed.type, NOW + 1000), seed)).toHaveLength(1);
      });

      it('makes the row that the submit could not write', async () => {
        const seed = taskSeed({ type: 'held-rowless' });
        expect(await store.hold(seed, NOW)).toBe('held');
        expect(await read(seed)).toEqual(newTask(seed));
        expect(only(await heldTasks(due, seed.type, NOW), seed)).toHaveLength(1);
      });

      it.each(['running', 'succeeded', 'failed', 'cancelled'] as const)('leaves a task that is %s', async (status) => {
        const seed = await taskThatIs(status, { type: 'held-never' });
        const task = await read(seed);
        expect(await store.hold(seed, NOW)).toBe('lost');
        expect(await read(seed)).toEqual(task);
      });

      it('leaves a task that another submit has made', async () => {
        const seed = await taskThatIs('queued');
        expect(await store.hold({ ...seed, fingerprint: 'fingerprint-b' }, NOW)).toBe('lost');
      });

      it('does not keep a claim away: who asks for it decides', async () => {
        const seed = await taskThatIs('queued', { type: 'held-claimed' });
        await store.hold(seed, NOW);
        const running = await claim(seed);
        expect(only(await heldTasks(due, seed.type, NOW), seed)).toHaveLength(1);
        await store.settle(running, failure);
        expect(only(await heldTasks(due, seed.type, NOW), seed)).toEqual([]);
      });
    });
  });
}
