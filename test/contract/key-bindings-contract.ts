import { describe, expect, it } from 'vitest';
import type { TaskStore } from '../../functions/core/ports.ts';
import { newTask, type TaskSeed } from '../../functions/core/task/task.ts';
import { bindingKeptUntil, type KeyBinding } from '../../functions/core/tenant/key-binding.ts';
import { DAY, lease, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed } from '../doubles/task-seed.ts';

/** Tests what every task store has to do with the keys that stand for a task for a time. */
export function keyBindingsContract(name: string, makeStore: () => TaskStore): void {
  describe(`${name} as a keeper of idempotency keys`, () => {
    const store = makeStore();
    const { claim, read, taskThatIs } = storeDriver(store);
    const FREE = NOW + 60_000;

    /** Makes a key: the task whose id derives from it, and its binding to another. */
    const makeKey = (): { readonly seed: TaskSeed; readonly binding: KeyBinding } => {
      const seed = taskSeed({ createdAt: NOW });
      const { tenantId, id: keyId, fingerprint, priority, maxAttempts, timeoutSeconds } = seed;
      const { id: taskId } = taskSeed();
      const binding = { tenantId, keyId, taskId, fingerprint, priority, maxAttempts, timeoutSeconds, freeAt: FREE };
      return { seed, binding };
    };
    const bound = async () => {
      const key = makeKey();
      expect(await store.bindKey(key.binding, NOW)).toEqual({ result: 'inserted' });
      return key;
    };
    const holder = ({ tenantId, keyId }: KeyBinding, now: number) => store.getByKey(tenantId, keyId, now);

    it('binds a key until it is free', async () => {
      const { binding } = await bound();
      expect(await holder(binding, FREE - 1)).toEqual(binding);
      expect(await holder(binding, FREE)).toBeUndefined();
    });

    it('binds it to one task at a time, and says to which', async () => {
      const { binding } = await bound();
      const other = { ...binding, taskId: taskSeed().id, fingerprint: 'fingerprint-b', freeAt: FREE + 60_000 };
      expect(await store.bindKey(other, FREE - 1)).toEqual({ result: 'bound', binding });
      expect(await store.bindKey(other, FREE)).toEqual({ result: 'inserted' });
      expect(await holder(binding, FREE)).toEqual(other);
    });

    it('gives it to one of many that ask at once', async () => {
      const { binding } = makeKey();
      const others = Array.from({ length: 8 }, () => ({ ...binding, taskId: taskSeed().id }));
      const results = await Promise.all(others.map((other) => store.bindKey(other, NOW)));
      expect(results.filter(({ result }) => result === 'inserted')).toHaveLength(1);
      const won = others[results.findIndex(({ result }) => result === 'inserted')];
      expect(results.filter(({ result }) => result === 'bound')).toEqual(
        Array(7).fill({ result: 'bound', binding: won }),
      );
    });

    it('leaves a key to the task that it stands for without an end', async () => {
      const { seed, binding } = makeKey();
      await store.insert(newTask(seed));
      expect(await store.bindKey(binding, NOW)).toEqual({ result: 'exists', task: newTask(seed) });
      expect(await holder(binding, NOW)).toEqual(newTask(seed));
    });

    it('binds a key whose task is past its retention', async () => {
      const { seed, binding } = makeKey();
      await store.settle(await claim(seed), { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW });
      const later = { ...binding, freeAt: NOW + 15 * DAY };
      expect(await store.bindKey(later, NOW + 13 * DAY)).toMatchObject({ result: 'exists' });
      expect(await store.bindKey(later, NOW + 14 * DAY + 1000)).toEqual({ result: 'inserted' });
      expect(await read(seed, NOW + 14 * DAY + 1000)).toBeUndefined();
    });

    it('makes no task in the place of a key that is bound', async () => {
      const { seed, binding } = await bound();
      expect(await store.insert(newTask(seed))).toEqual({ result: 'bound', binding });
      expect(await store.claim(seed, lease(), NOW)).toEqual({ result: 'conflict' });
      expect(await store.hold(seed, NOW)).toBe('lost');
      expect(await holder(binding, NOW)).toEqual(binding);
    });

    it('shows no task there, and has none to cancel or to retry', async () => {
      const { seed, binding } = await bound();
      expect(await read(seed)).toBeUndefined();
      expect(await store.getAll(seed.tenantId, [seed.id], NOW)).toEqual([]);
      expect(await store.cancel(seed.tenantId, seed.id, NOW)).toEqual({ result: 'missing' });
      expect(await store.retry(seed.tenantId, seed.id, NOW, NOW)).toEqual({ result: 'missing' });
      expect(await holder(binding, NOW)).toEqual(binding);
    });

    it('makes the task of a key that is free again, by its row or by its message', async () => {
      const { seed } = await bound();
      expect(await store.insert(newTask({ ...seed, createdAt: FREE }))).toEqual({ result: 'inserted' });
      const other = await bound();
      expect(await claim({ ...other.seed, createdAt: FREE }, FREE)).toMatchObject({ status: 'running', attempt: 1 });
    });

    it('holds the task of a key that is free again while its type is paused', async () => {
      const { seed } = await bound();
      const later = { ...seed, createdAt: FREE };
      expect(await store.hold(later, FREE)).toBe('held');
      expect(await read(later, FREE)).toMatchObject({ status: 'queued', attempt: 0, createdAt: FREE });
      expect(await store.hold(later, FREE)).toBe('held');
    });

    it('makes none of a message that lost to the key, for as long as its lane may keep it', async () => {
      const { seed, binding } = await bound();
      expect(await store.claim(seed, lease(), FREE)).toEqual({ result: 'conflict' });
      expect(await store.claim(seed, lease(), bindingKeptUntil(binding) - 1000)).toEqual({ result: 'conflict' });
      expect(await store.hold(seed, FREE)).toBe('lost');
      expect(await read(seed, FREE)).toBeUndefined();
    });

    it.each(['insert', 'claim'] as const)('lets one of a binding and of an %s that come at once win', async (verb) => {
      for (let time = 0; time < 5; time++) {
        const { seed, binding } = makeKey();
        const make = verb === 'insert' ? store.insert(newTask(seed)) : store.claim(seed, lease(), NOW);
        const [made, result] = await Promise.all([make, store.bindKey(binding, NOW)]);
        const wins = ['inserted', 'claimed'].includes(made.result);
        expect(result.result).toBe(wins ? 'exists' : 'inserted');
        expect(await holder(binding, NOW)).toMatchObject(wins ? { id: seed.id } : binding);
      }
    });

    it('lists tasks beside it', async () => {
      const { seed } = await bound();
      const listed = await taskThatIs('queued', { tenantId: seed.tenantId, type: `beside-${seed.id}` });
      const query = { tenantId: seed.tenantId, filter: { type: listed.type }, limit: 10 };
      expect((await store.list(query, NOW)).tasks.map(({ id }) => id)).toEqual([listed.id]);
    });
  });
}
