import { describe, expect, it } from 'vitest';
import { SWEEP_PERIOD_SECONDS } from '../../functions/contract.ts';
import type { FanOuts, ParentKey } from '../../functions/core/fan-out/fan-outs.ts';
import type { DueTasks, TaskStore } from '../../functions/core/ports.ts';
import type { TaskSeed, TaskStatus } from '../../functions/core/task/task.ts';
import { dueTasks } from '../doubles/due-tasks.ts';
import { DAY, error, lease, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

type Stores = { readonly store: TaskStore; readonly due: DueTasks; readonly fanOuts: FanOuts };

const subtasks = { inline: [{ type: 'greet', input: { name: 'Ada' } }] };

/** Tests what every store has to do for tasks that are fanned out. */
export function fanOutsContract(name: string, makeStores: () => Stores): void {
  describe(`${name} as a store of fan-outs`, () => {
    const { store, due, fanOuts } = makeStores();
    const { claim, read, taskThatIs } = storeDriver(store);

    /** Makes a task that waits for `count` subtasks. */
    const waiting = async (count = 2, more: Partial<TaskSeed> = {}): Promise<{ seed: TaskSeed; parent: ParentKey }> => {
      const seed = await taskThatIs('waiting', more);
      const parent = { tenantId: seed.tenantId, id: seed.id, attempt: 1 };
      await fanOuts.open(parent, { subtasks, onFailure: 'collect', count }, NOW + DAY);
      return { seed, parent };
    };
    const dueOf = async ({ id }: TaskSeed) =>
      (await dueTasks(due, Number.MAX_SAFE_INTEGER)).find(({ task }) => task.id === id);

    it('waits with what it had, as many attempts to come, and a time to be reconciled', async () => {
      const seed = taskSeed({ maxAttempts: 3 });
      const task = await claim(seed, NOW);
      const settlement = { status: 'waiting', fanOut: { attempt: 1, count: 7 }, reconcileAt: NOW + 9000 } as const;
      expect(await store.settle(task, settlement)).toBe('settled');
      expect(await store.settle(task, settlement)).toBe('settled');
      const found = {
        ...seed,
        status: 'waiting',
        attempt: 1,
        maxAttempts: 4,
        attemptsBeforeRetry: 1,
        startedAt: NOW,
        fanOut: { attempt: 1, count: 7 },
      };
      expect(await read(seed)).toEqual(found);
      expect(await dueOf(seed)).toEqual({ task: found, dueAt: NOW + 9000 });
      expect(await store.claim(seed, lease(), NOW + DAY)).toEqual({ result: 'waiting', task: found });
      expect(await store.hold(seed, NOW)).toBe('lost');
    });

    it('does not wait where it is to be cancelled', async () => {
      const seed = taskSeed();
      const task = await claim(seed);
      await store.cancel(seed.tenantId, seed.id, NOW);
      const settlement = { status: 'waiting', fanOut: { attempt: 1, count: 1 }, reconcileAt: NOW } as const;
      expect(await store.settle(task, settlement)).toBe('cancel_requested');
    });

    it('strikes out a part, once or more often, until none is left', async () => {
      const { parent } = await waiting(3);
      const state = (...places: number[]) => ({ onFailure: 'collect', pending: new Set(places) });
      expect(await fanOuts.close(parent, 1)).toEqual(state(0, 2));
      expect(await fanOuts.close(parent, 1)).toEqual(state(0, 2));
      expect(await fanOuts.close(parent, 0)).toEqual(state(2));
      expect(await fanOuts.close(parent, 2)).toEqual(state());
      expect(await fanOuts.close(parent, 2)).toEqual(state());
      expect(await fanOuts.get(parent)).toEqual({ subtasks, ...state() });
    });

    it.each([0, 1000])('keeps %i parts', async (count) => {
      const { parent } = await waiting(count);
      const { pending } = (await fanOuts.get(parent)) ?? {};
      expect([...(pending ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, place) => place));
    });

    it('opens with some parts pending, and says what it supersedes', async () => {
      const { parent } = await waiting();
      const fanOut = { subtasks, onFailure: 'fail', count: 1000, supersedes: 1, pending: new Set([3, 999]) } as const;
      await fanOuts.open({ ...parent, attempt: 2 }, fanOut, NOW + DAY);
      const { count: _, ...record } = fanOut;
      expect(await fanOuts.get({ ...parent, attempt: 2 })).toEqual(record);
      await fanOuts.open({ ...parent, attempt: 3 }, { ...fanOut, pending: new Set() }, NOW + DAY);
      expect(await fanOuts.get({ ...parent, attempt: 3 })).toMatchObject({ pending: new Set() });
      expect(await fanOuts.opened({ ...parent, attempt: 2 })).toEqual({ subtasks, count: 1000, supersedes: 1 });
    });

    it('is as good as missing once another has taken it over', async () => {
      const { parent } = await waiting(3);
      await fanOuts.supersede(parent);
      await fanOuts.supersede(parent);
      expect(await fanOuts.get(parent)).toBeUndefined();
      expect(await fanOuts.close(parent, 1)).toBeUndefined();
      expect(await fanOuts.opened(parent)).toEqual({ subtasks, count: 3 });
      await fanOuts.drop(parent);
      expect(await fanOuts.opened(parent)).toBeUndefined();
      const unknown = { ...parent, attempt: 9 };
      await fanOuts.supersede(unknown);
      expect(await fanOuts.get(unknown)).toBeUndefined();
    });

    it('knows nothing of another attempt, or of another task', async () => {
      const { parent } = await waiting();
      const other = { ...parent, attempt: 2 };
      expect(await fanOuts.get(other)).toBeUndefined();
      expect(await fanOuts.close(other, 0)).toBeUndefined();
      expect(await fanOuts.resume(other, NOW)).toEqual({ result: 'lost' });
      expect(await fanOuts.get({ ...parent, id: taskSeed().id })).toBeUndefined();
    });

    it('is resumed once, and combined by the attempt that claims it', async () => {
      const { seed, parent } = await waiting();
      const { startedAt: _, ...waited } = { startedAt: NOW, ...(await read(seed)) };
      const task = { ...waited, status: 'queued' };
      expect(await fanOuts.resume(parent, NOW + 60_000)).toEqual({ result: 'queued', task });
      expect(await fanOuts.resume(parent, NOW + 60_000)).toEqual({ result: 'lost' });
      expect(await fanOuts.fail(parent, error, NOW, NOW)).toEqual({ result: 'lost' });
      expect(await dueOf(seed)).toMatchObject({ dueAt: NOW + 60_000 });
      expect(await claim(seed)).toMatchObject({ attempt: 2, fanOut: { attempt: 1, count: 2 } });
    });

    it('fails once, and is due until its other subtasks have ended', async () => {
      const { seed, parent } = await waiting();
      const result = await fanOuts.fail(parent, error, NOW + 1, NOW + 60_000);
      const task = await read(seed);
      expect(result).toEqual({ result: 'failed', task });
      expect(task).toMatchObject({ status: 'failed', error, startedAt: NOW, finishedAt: NOW + 1 });
      expect(await fanOuts.fail(parent, error, NOW + 1, NOW)).toEqual({ result: 'lost' });
      const found = await dueOf(seed);
      expect(found).toEqual({ task, dueAt: NOW + 60_000 });
      if (found !== undefined) expect(await due.release(found)).toBe('released');
      expect(await dueOf(seed)).toBeUndefined();
    });

    it('that fails is shown as long as its type says', async () => {
      const { seed, parent } = await waiting(2, { retentionDays: 1 });
      expect(await fanOuts.fail(parent, error, NOW, NOW + 60_000)).toMatchObject({ result: 'failed' });
      expect(await read(seed, NOW + DAY - 1000)).toMatchObject({ status: 'failed' });
      expect(await read(seed, NOW + DAY)).toBeUndefined();
      const other = await waiting(2, { retentionDays: 1 });
      expect(await fanOuts.fail({ ...other.parent, attempt: 9 }, error, NOW, NOW)).toEqual({ result: 'lost' });
    });

    it('is listed under what it has become', async () => {
      const tenantId = tenant(`fan-outs-${Date.now().toString(36)}`);
      const [goesOn, fails] = [await waiting(2, { tenantId }), await waiting(2, { tenantId })];
      await fanOuts.resume(goesOn.parent, NOW);
      await fanOuts.fail(fails.parent, error, NOW, NOW);
      const listed = async (status: TaskStatus) =>
        (await store.list({ tenantId, filter: { status }, limit: 10 }, NOW)).tasks.map(({ id }) => id);
      expect(await listed('waiting')).toEqual([]);
      expect(await listed('queued')).toEqual([goesOn.seed.id]);
      expect(await listed('failed')).toEqual([fails.seed.id]);
      await claim(goesOn.seed);
      expect(await listed('running')).toEqual([goesOn.seed.id]);
    });

    it('is cancelled, and is due until its subtasks have ended', async () => {
      const { seed } = await waiting();
      expect(await store.cancel(seed.tenantId, seed.id, NOW + 1)).toEqual({
        result: 'cancelled',
        task: await read(seed),
      });
      expect(await read(seed)).toMatchObject({ status: 'cancelled', finishedAt: NOW + 1, fanOut: { count: 2 } });
      expect(await dueOf(seed)).toMatchObject({ dueAt: NOW + 1 + SWEEP_PERIOD_SECONDS * 1000 });
    });

    it('is postponed, unless it has become something else', async () => {
      const { seed, parent } = await waiting();
      const found = await dueOf(seed);
      if (found === undefined) throw new Error('it is not due');
      expect(await due.postpone(found, NOW + 5000)).toBe('postponed');
      expect(await due.postpone(found, NOW + 6000)).toBe('lost');
      expect(await dueOf(seed)).toMatchObject({ dueAt: NOW + 5000 });
      await fanOuts.resume(parent, NOW + 7000);
      expect(await dueOf(seed)).toMatchObject({ dueAt: NOW + 7000 });
    });

    it('fans out anew when it is retried', async () => {
      const { seed, parent } = await waiting();
      await fanOuts.fail(parent, error, NOW, NOW);
      await store.retry(seed.tenantId, seed.id, NOW, NOW);
      expect(await read(seed)).not.toHaveProperty('fanOut');
    });

    describe('an attempt under way', () => {
      it('is held, tells its progress, and forgets it with its end', async () => {
        const seed = taskSeed();
        const task = await claim(seed);
        expect(await store.check(task)).toBe('held');
        expect(await store.check(task, { progress: { fraction: 0.25, note: 'a quarter' } })).toBe('held');
        expect(await read(seed)).toMatchObject({ progress: { fraction: 0.25, note: 'a quarter' } });
        expect(await store.check(task, { progress: { fraction: 0.5 } })).toBe('held');
        expect(await read(seed)).toMatchObject({ progress: { fraction: 0.5 } });
        expect(await read(seed)).not.toHaveProperty('progress.note');
        await store.settle(task, { status: 'queued', error, notBefore: NOW });
        expect(await read(seed)).not.toHaveProperty('progress');
      });

      it.each([undefined, { fraction: 1 }])(
        'hears that it is to be cancelled, or has lost its task (%j)',
        async (progress) => {
          const seed = taskSeed();
          const task = await claim(seed);
          await store.cancel(seed.tenantId, seed.id, NOW);
          expect(await store.check(task, { progress })).toBe('cancel_requested');
          const other = taskSeed();
          const lost = await claim(other);
          await claim(other, NOW + DAY);
          expect(await store.check(lost, { progress })).toBe('lost');
          expect(await read(other)).not.toHaveProperty('progress');
        },
      );

      it('is claimed by nobody else while its lease is renewed, alone or with others', async () => {
        const [alone, one, other] = [await claim(taskSeed()), await claim(taskSeed()), await claim(taskSeed())];
        const until = NOW + DAY;
        expect(await store.check(alone, { leaseExpiresAt: until })).toBe('held');
        expect(await store.checkAll([one, other], until)).toEqual(['held', 'held']);
        const next = { ...lease(), expiresAt: until + 1 };
        for (const task of [alone, one, other]) {
          expect(await store.claim(task, next, until - 1)).toEqual({ result: 'leased', until });
          expect(await store.claim(task, next, until)).toMatchObject({ result: 'claimed', task: { attempt: 2 } });
        }
      });

      it('renews no lease that another holds', async () => {
        const lost = await claim(taskSeed());
        const holder = await claim(lost, NOW + DAY);
        expect(await store.check(lost, { leaseExpiresAt: NOW + 9 * DAY })).toBe('lost');
        expect(await store.checkAll([lost], NOW + 9 * DAY)).toEqual(['lost']);
        expect(await read(lost)).toMatchObject({ leaseExpiresAt: holder.leaseExpiresAt });
      });

      it('is asked for together with others, in their order, as many as a batch has', async () => {
        const tasks = await Promise.all(Array.from({ length: 120 }, () => claim(taskSeed())));
        const [cancelled, lost, ended] = tasks;
        if (cancelled === undefined || lost === undefined || ended === undefined) throw new Error('there are 120');
        await store.cancel(cancelled.tenantId, cancelled.id, NOW);
        await claim(lost, NOW + DAY);
        await store.settle(ended, { status: 'queued', error, notBefore: NOW });
        const held = Array(tasks.length - 3).fill('held');
        expect(await store.checkAll(tasks)).toEqual(['cancel_requested', 'lost', 'lost', ...held]);
        expect(await store.checkAll([])).toEqual([]);
      });
    });

    it('gives many tasks at once, those that are there', async () => {
      const seeds = await Promise.all(Array.from({ length: 120 }, () => taskThatIs('queued')));
      const ids = seeds.map(({ id }) => id);
      const [first] = seeds;
      if (first === undefined) throw new Error('there is no task');
      const found = await store.getAll(first.tenantId, [...ids, taskSeed().id], NOW);
      expect(found.map(({ id }) => id).sort()).toEqual(ids.sort());
      expect(await store.getAll(first.tenantId, [], NOW)).toEqual([]);
    });
  });
}
