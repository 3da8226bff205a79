import { beforeAll, describe, expect, it } from 'vitest';
import { type LeaseToken, orderOf, type TaskOrder } from '../../functions/core/ids.ts';
import type { DueTask, DueTasks, TaskStore } from '../../functions/core/ports.ts';
import { newTask, type RunningTask, type Task, type TaskSeed, type TaskSummary } from '../../functions/core/task.ts';
import type { TaskFilter } from '../../functions/core/task-list.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const error = { code: 'boom', message: 'it went wrong', retryable: true };

type Status = Task['status'];

/** What every task store has to do, whatever it is made of. `retentionDays` of the store under test is 14. */
export function taskStoreContract(name: string, makeStores: () => { store: TaskStore; due: DueTasks }): void {
  describe(`${name} as a task store`, () => {
    const { store, due } = makeStores();
    let leases = 0;
    const lease = (expiresAt = NOW + 25_000) => ({ token: `lease-${++leases}` as LeaseToken, expiresAt });

    const claim = async (seed: TaskSeed, now = NOW, held = lease()): Promise<RunningTask> => {
      const result = await store.claim(seed, held, now);
      if (result.result !== 'claimed') throw new Error(`the claim was refused: ${result.result}`);
      return result.task;
    };
    const read = (seed: TaskSeed, now = NOW): Promise<Task | undefined> => store.get(seed.tenantId, seed.id, now);

    describe('insert', () => {
      it('keeps all that the task was submitted with', async () => {
        const seed = taskSeed({
          assignee: { type: 'user', id: 'u-1' },
          workflowInstanceId: 'wf-1',
          traceId: '1-2-3',
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
      const endings = [
        { status: 'succeeded', output: { inline: { html: '<p>' } }, finishedAt: NOW + 1 },
        { status: 'succeeded', output: { ref: 'payloads/acme/1/output-1' }, finishedAt: NOW + 1 },
        { status: 'failed', error, finishedAt: NOW + 1 },
        { status: 'queued', error, notBefore: NOW + 1 },
      ] as const;

      it.each(endings)('writes %o and ends the lease', async (settlement) => {
        const seed = taskSeed();
        const running = await claim(seed);
        expect(await store.settle(running, settlement)).toBe('settled');
        const { startedAt } = running;
        const started = settlement.status === 'queued' ? {} : { startedAt };
        expect(await read(seed)).toEqual({ ...seed, ...started, attempt: 1, ...settlement });
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

    const end = { status: 'failed', error, finishedAt: NOW } as const;
    /** A task that is so. */
    const taskThatIs = async (status: Status, more: Partial<TaskSeed> = {}): Promise<TaskSeed> => {
      const seed = taskSeed({ createdAt: NOW, ...(status === 'scheduled' ? { runAt: NOW + 5000 } : {}), ...more });
      await store.insert(newTask(seed));
      if (status === 'scheduled' || status === 'queued') return seed;
      if (status === 'cancelled') await store.cancel(seed.tenantId, seed.id, NOW);
      else if (status === 'running') await claim(seed);
      else if (status === 'failed') await store.settle(await claim(seed), end);
      else await store.settle(await claim(seed), { status, output: { inline: 1 }, finishedAt: NOW });
      return seed;
    };

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
          ...{ ...seed, status: 'cancelled', attempt: 1, startedAt: NOW, finishedAt: NOW + 1 },
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
          await store.settle(running, end);
        }
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

    /** Those of the tasks that were asked for; a table may hold tasks of other tests. */
    const only = (found: readonly DueTask[], ...seeds: TaskSeed[]) =>
      found.filter(({ task }) => seeds.some(({ id }) => id === task.id));

    describe('a task that waits for the clock', () => {
      it('is due from its time on, until it is released', async () => {
        const [one, two] = [taskSeed({ runAt: NOW + 2000, createdAt: NOW }), taskSeed({ createdAt: NOW })];
        await store.insert(newTask(one), NOW + 2000);
        await store.insert(newTask(two), NOW + 1000);
        expect(only(await due.due(NOW + 999, 1000), one, two)).toEqual([]);
        expect(only(await due.due(NOW + 1999, 1000), one, two)).toEqual([{ task: newTask(two), dueAt: NOW + 1000 }]);
        const both = only(await due.due(NOW + 2000, 1000), one, two);
        expect(both.map(({ task }) => task.id)).toEqual([two.id, one.id]);
        for (const found of both) expect(await due.release(found)).toBe('released');
        for (const found of both) expect(await due.release(found)).toBe('lost');
        expect(only(await due.due(NOW + 2000, 1000), one, two)).toEqual([]);
        expect(await read(one)).toEqual(newTask(one));
      });

      it('comes with no more others than are asked for', async () => {
        await Promise.all([1, 2, 3].map((place) => store.insert(newTask(taskSeed()), place)));
        expect(await due.due(NOW, 2)).toHaveLength(2);
      });

      it.each([
        ['claimed', async (seed: TaskSeed) => void (await claim(seed))],
        ['cancelled', async (seed: TaskSeed) => void (await store.cancel(seed.tenantId, seed.id, NOW))],
      ])('waits no more once it is %s', async (_, change) => {
        const seed = taskSeed();
        await store.insert(newTask(seed), NOW);
        await change(seed);
        expect(only(await due.due(NOW, 1000), seed)).toEqual([]);
      });

      it('is one that was retried, until it is claimed', async () => {
        const seed = await taskThatIs('failed');
        await store.retry(seed.tenantId, seed.id, NOW, NOW + 60_000);
        expect(only(await due.due(NOW + 59_999, 1000), seed)).toEqual([]);
        expect(only(await due.due(NOW + 60_000, 1000), seed)).toHaveLength(1);
        await claim(seed);
        expect(only(await due.due(NOW + 60_000, 1000), seed)).toEqual([]);
      });
    });

    describe('park', () => {
      it.each(['scheduled', 'queued'] as const)('sets a task aside that is %s', async (status) => {
        const seed = await taskThatIs(status, { type: `parked-${status}` });
        expect(await store.park(seed, NOW)).toBe('parked');
        expect(only(await due.due(NOW + DAY, 1000), seed)).toEqual([]);
        const [found, ...others] = only(await due.parked(seed.type, 10), seed);
        expect(found?.task).toEqual(newTask(seed));
        expect(others).toEqual([]);
        if (found !== undefined) expect(await due.release(found)).toBe('released');
        expect(only(await due.parked(seed.type, 10), seed)).toEqual([]);
      });

      it('makes the row that the submit could not write', async () => {
        const seed = taskSeed({ type: 'parked-rowless' });
        expect(await store.park(seed, NOW)).toBe('parked');
        expect(await read(seed)).toEqual(newTask(seed));
        expect(only(await due.parked(seed.type, 10), seed)).toHaveLength(1);
      });

      it.each(['running', 'succeeded', 'failed', 'cancelled'] as const)('leaves a task that is %s', async (status) => {
        const seed = await taskThatIs(status, { type: 'parked-never' });
        const task = await read(seed);
        expect(await store.park(seed, NOW)).toBe('lost');
        expect(await read(seed)).toEqual(task);
      });

      it('leaves a task that another submit has made', async () => {
        const seed = await taskThatIs('queued');
        expect(await store.park({ ...seed, fingerprint: 'fingerprint-b' }, NOW)).toBe('lost');
      });

      it('does not keep a claim away: who asks for it decides', async () => {
        const seed = await taskThatIs('queued', { type: 'parked-claimed' });
        await store.park(seed, NOW);
        await claim(seed);
        expect(only(await due.parked(seed.type, 10), seed)).toEqual([]);
      });
    });

    describe('list', () => {
      const statuses = ['scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
      const owner = tenant(`lists-${Date.now().toString(36)}`);
      const all: { readonly seed: TaskSeed; readonly status: Status }[] = [];
      beforeAll(async () => {
        for (const [number, status] of Array.from({ length: 5 }, () => statuses)
          .flat()
          .entries()) {
          const seed = await taskThatIs(status, {
            tenantId: owner,
            type: number % 2 === 0 ? 'even' : 'odd',
            // Two at a time are created in the same millisecond.
            createdAt: NOW + Math.floor(number / 2),
            ...(number % 3 === 0 ? { assignee: { type: 'user', id: number % 2 === 0 ? 'a' : 'b' } } : {}),
            ...(number % 5 === 0 ? { workflowInstanceId: 'wf-1' } : {}),
          });
          all.push({ seed, status });
        }
      }, 30_000);

      const filters: TaskFilter[] = [
        {},
        ...statuses.map((status) => ({ status })),
        { type: 'even' },
        { type: 'none' },
        { type: 'odd', status: 'succeeded' },
        { type: 'odd', status: 'failed' },
        { type: 'even', status: 'queued' },
        { assignee: { type: 'user', id: 'a' } },
        { assignee: { type: 'team', id: 'a' } },
        { assignee: { type: 'user', id: 'b' }, type: 'odd', status: 'cancelled' },
        { workflowInstanceId: 'wf-1' },
        { workflowInstanceId: 'wf-1', assignee: { type: 'user', id: 'a' }, type: 'even' },
        { workflowInstanceId: 'wf-1', status: 'running' },
      ];
      const fits = ({ seed, status }: (typeof all)[number], filter: TaskFilter): boolean =>
        (filter.status === undefined || filter.status === status) &&
        (filter.type === undefined || filter.type === seed.type) &&
        (filter.assignee === undefined ||
          (filter.assignee.id === seed.assignee?.id && filter.assignee.type === seed.assignee.type)) &&
        (filter.workflowInstanceId === undefined || filter.workflowInstanceId === seed.workflowInstanceId);
      const pages = async (filter: TaskFilter, limit: number, now = NOW): Promise<TaskSummary[][]> => {
        const found: TaskSummary[][] = [];
        let after: TaskOrder | undefined;
        do {
          const page = await store.list({ tenantId: owner, filter, limit, after }, now);
          found.push([...page.tasks]);
          after = page.next;
        } while (after !== undefined);
        return found;
      };

      it.each(filters)('by %j has each task that fits once, the newest first, on pages of any size', async (filter) => {
        const expected = all
          .filter((one) => fits(one, filter))
          .map(({ seed }) => seed)
          .toSorted((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1))
          .map(({ id }) => id);
        for (const limit of [1, 3, 100]) {
          const found = await pages(filter, limit);
          expect(found.flat().map(({ id }) => id)).toEqual(expected);
          expect(found.every((page) => page.length <= limit)).toBe(true);
        }
      });

      it('shows all of a task but its input and output', async () => {
        const found = (await pages({}, 100)).flat();
        for (const { seed } of all) {
          const { input: _input, output: _output, ...task } = { output: 0, ...(await read(seed)) };
          expect(found.find(({ id }) => id === seed.id)).toEqual(task);
        }
      });

      it("has nothing of another tenant's", async () => {
        expect(await store.list({ tenantId: tenant('nobody'), filter: {}, limit: 10 }, NOW)).toEqual({ tasks: [] });
      });

      it('has nothing that is past its retention', async () => {
        const found = (await pages({}, 7, NOW + 15 * DAY)).flat();
        expect(found.map(({ status }) => status).toSorted()).toEqual(
          all
            .map(({ status }) => status)
            .filter((status) => !['succeeded', 'failed', 'cancelled'].includes(status))
            .toSorted(),
        );
      });

      it('takes a scheduled task whose time has come for a queued one', async () => {
        expect((await pages({ status: 'scheduled' }, 100, NOW + 5000)).flat()).toEqual([]);
        expect((await pages({ status: 'queued' }, 100, NOW + 5000)).flat()).toHaveLength(10);
      });
    });
  });
}
