import { describe, expect, it } from 'vitest';
import type { TaskStore } from '../../functions/core/ports.ts';
import { newTask, type RunningTask } from '../../functions/core/task/task.ts';
import { DAY, error, lease, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

/**
 * Tests what every task store has to do with a task from submit to end. `retentionDays` of the store under test is 14.
 */
export function taskStoreContract(name: string, makeStore: () => TaskStore): void {
  describe(`${name} as a task store`, () => {
    const store = makeStore();
    const { claim, read } = storeDriver(store);

    const endings = [
      { status: 'succeeded', output: { inline: { html: '<p>' } }, finishedAt: NOW + 1 },
      { status: 'succeeded', output: { ref: 'payloads/acme/1/output-1' }, finishedAt: NOW + 1 },
      { status: 'failed', error, finishedAt: NOW + 1 },
      { status: 'queued', error, notBefore: NOW + 1 },
    ] as const;

    describe('insert', () => {
      it('keeps all that the task was submitted with', async () => {
        const seed = taskSeed({
          assignee: { type: 'user', id: 'u-1' },
          workflowInstanceId: 'wf-1',
          traceHeader: '1-2-3',
          input: { ref: 'payloads/acme/1/input' },
        });
        expect(await store.insert(newTask(seed))).toEqual({ result: 'inserted' });
        expect(await read(seed)).toEqual({ ...seed, status: 'queued', attempt: 0 });
      });

      it('leaves the row that is there and shows it', async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed));
        const other = { ...seed, fingerprint: 'fingerprint-b', input: { inline: 'other' } };
        expect(await store.insert(newTask(other))).toEqual({ result: 'exists', task: newTask(seed) });
        expect(await read(seed)).toEqual(newTask(seed));
      });

      it('finds the row that a faster claim has made', async () => {
        const seed = taskSeed();
        const running = await claim(seed);
        expect(await store.insert(newTask(seed))).toEqual({ result: 'exists', task: running });
      });
    });

    describe('get', () => {
      it('knows no task that was never inserted', async () => {
        expect(await read(taskSeed())).toBeUndefined();
      });

      it("does not show another tenant's task", async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed));
        expect(await store.get(tenant('other'), seed.id, NOW)).toBeUndefined();
      });

      it('hides a finished task whose retention is over', async () => {
        const seed = taskSeed();
        await store.settle(await claim(seed), { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW });
        expect(await read(seed, NOW + 14 * DAY - 1000)).toBeDefined();
        expect(await read(seed, NOW + 14 * DAY + 1000)).toBeUndefined();
      });

      it('shows a task that has not finished, however old', async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed));
        expect(await read(seed, NOW + 1000 * DAY)).toBeDefined();
      });
    });

    describe('claim', () => {
      it('makes the row that the submit could not write', async () => {
        const seed = taskSeed({ assignee: { type: 'user', id: 'u-2' } });
        const held = lease();
        const task = await claim(seed, NOW, held);
        expect(task).toEqual({
          ...seed,
          status: 'running',
          attempt: 1,
          leaseToken: held.token,
          leaseExpiresAt: held.expiresAt,
          startedAt: NOW,
        });
        expect(await read(seed)).toEqual(task);
      });

      it('gives a task to one of many that ask at once', async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed));
        const results = await Promise.all(Array.from({ length: 8 }, () => store.claim(seed, lease(), NOW)));
        expect(results.filter(({ result }) => result === 'claimed')).toHaveLength(1);
        expect(results.filter(({ result }) => result === 'leased')).toHaveLength(7);
        expect(await read(seed)).toMatchObject({ attempt: 1 });
      });

      it('finds itself when it is repeated because its answer was lost', async () => {
        const seed = taskSeed();
        const held = lease();
        const task = await claim(seed, NOW, held);
        expect(await claim(seed, NOW, held)).toEqual(task);
        expect(await read(seed)).toMatchObject({ attempt: 1 });
      });

      it('is refused while a lease lives, and says until when', async () => {
        const seed = taskSeed();
        await claim(seed, NOW, lease(NOW + 1000));
        expect(await store.claim(seed, lease(), NOW + 999)).toEqual({ result: 'leased', until: NOW + 1000 });
      });

      it('takes over from an executor whose lease has ended, as another attempt', async () => {
        const seed = taskSeed();
        const lost = await claim(seed, NOW, lease(NOW + 1000));
        const task = await claim(seed, NOW + 1000);
        expect(task).toMatchObject({ attempt: 2, startedAt: NOW + 1000 });
        expect(task.leaseToken).not.toBe(lost.leaseToken);
      });

      it('is refused where the last attempt was abandoned, and says of which', async () => {
        const seed = taskSeed({ maxAttempts: 2 });
        await claim(seed, NOW, lease(NOW));
        const last = await claim(seed, NOW, lease(NOW));
        expect(await store.claim(seed, lease(), NOW)).toEqual({ result: 'attempts_spent', task: last });
        expect(await read(seed)).toEqual(last);
        expect(await store.settle(last, endings[2])).toBe('settled');
      });

      it('is granted to an old message of a task that has more attempts since', async () => {
        const seed = taskSeed({ maxAttempts: 1 });
        await store.settle(await claim(seed), endings[2]);
        await store.retry(seed.tenantId, seed.id, NOW, NOW);
        await claim(seed, NOW, lease(NOW));
        expect(await store.claim(seed, lease(), NOW)).toMatchObject({ result: 'attempts_spent', task: { attempt: 2 } });
        const more = taskSeed({ maxAttempts: 2 });
        await store.settle(await claim(more), endings[2]);
        await store.retry(more.tenantId, more.id, NOW, NOW);
        await claim(more, NOW, lease(NOW));
        await claim(more, NOW, lease(NOW));
        // This is the third attempt of three, though the message says two.
        const refused = await store.claim(more, lease(), NOW);
        expect(refused).toMatchObject({ result: 'attempts_spent', task: { attempt: 3, maxAttempts: 3 } });
      });

      it('is refused before a retry is due, and says until when', async () => {
        const seed = taskSeed();
        await store.settle(await claim(seed), { status: 'queued', error, notBefore: NOW + 5000 });
        expect(await store.claim(seed, lease(), NOW + 4999)).toEqual({ result: 'not_due', until: NOW + 5000 });
        expect(await claim(seed, NOW + 5000)).toMatchObject({ attempt: 2 });
      });

      it('forgets the last error and delay once the next attempt runs', async () => {
        const seed = taskSeed();
        await store.settle(await claim(seed), { status: 'queued', error, notBefore: NOW });
        const task = await claim(seed);
        expect(task).not.toHaveProperty('error');
        expect(task).not.toHaveProperty('notBefore');
      });

      it('is refused for a finished task', async () => {
        const seed = taskSeed();
        await store.settle(await claim(seed), { status: 'failed', error, finishedAt: NOW });
        expect(await store.claim(seed, lease(), NOW)).toMatchObject({ result: 'finished', task: { status: 'failed' } });
      });

      it('is refused for a message of another submit of the same id', async () => {
        const seed = taskSeed();
        await store.insert(newTask(seed));
        const other = { ...seed, fingerprint: 'fingerprint-b' };
        expect(await store.claim(other, lease(), NOW)).toEqual({ result: 'conflict' });
        expect(await read(seed)).toEqual(newTask(seed));
      });
    });

    describe('settle', () => {
      it.each(endings)('writes %o and ends the lease', async (settlement) => {
        const seed = taskSeed();
        const running = await claim(seed);
        expect(await store.settle(running, settlement)).toBe('settled');
        const { startedAt } = running;
        const started = settlement.status === 'queued' ? {} : { startedAt };
        expect(await read(seed)).toEqual({ ...seed, ...started, attempt: 1, ...settlement });
      });

      it('gives an attempt back that does not count', async () => {
        const seed = taskSeed({ maxAttempts: 3 });
        const settlement = { status: 'queued', error, notBefore: NOW, attemptIsGivenBack: true } as const;
        const running = await claim(seed);
        expect(await store.settle(running, settlement)).toBe('settled');
        expect(await store.settle(running, settlement)).toBe('settled');
        const found = { maxAttempts: 4, attemptsBeforeRetry: 1, attempt: 1, status: 'queued' };
        expect(await read(seed)).toEqual({ ...seed, ...found, error, notBefore: NOW });
        const again = await claim(seed, NOW + 1);
        expect(again).toMatchObject({ attempt: 2, maxAttempts: 4, attemptsBeforeRetry: 1 });
      });

      it.each(endings)('loses with %o to the attempt that took over', async (settlement) => {
        const seed = taskSeed();
        const stale = await claim(seed, NOW, lease(NOW));
        const current = await claim(seed, NOW + 1);
        expect(await store.settle(stale, settlement)).toBe('lost');
        expect(await read(seed)).toEqual(current);
      });

      it('happens once', async () => {
        const seed = taskSeed();
        const running = await claim(seed);
        const settlements = [endings[0], endings[2]].map((settlement) => store.settle(running, settlement));
        expect((await Promise.all(settlements)).sort()).toEqual(['lost', 'settled']);
      });

      it.each(endings)('finds itself when %o is repeated because its answer was lost', async (settlement) => {
        const seed = taskSeed();
        const running = await claim(seed);
        await store.settle(running, settlement);
        const settled = await read(seed);
        expect(await store.settle(running, settlement)).toBe('settled');
        expect(await read(seed)).toEqual(settled);
      });

      it('loses on a row that is not there', async () => {
        const running = {
          ...taskSeed(),
          status: 'running',
          attempt: 1,
          leaseToken: 'x',
          leaseExpiresAt: 1,
          startedAt: 1,
        };
        expect(await store.settle(running as RunningTask, endings[0])).toBe('lost');
      });
    });
  });
}
