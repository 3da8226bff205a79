import { describe, expect, it } from 'vitest';
import type { FanOuts } from '../../functions/core/fan-out/fan-outs.ts';
import type { TaskStore } from '../../functions/core/ports.ts';
import { isFinished } from '../../functions/core/task/task.ts';
import { DAY, error, NOW, storeDriver } from '../doubles/store-driver.ts';
import { taskSeed } from '../doubles/task-seed.ts';

/** Tests what every store has to do where a retry takes over what was fanned out, or brings another input. */
export function partialRetriesContract(
  name: string,
  makeStores: () => { readonly store: TaskStore; readonly fanOuts: FanOuts },
): void {
  describe(`a task in ${name} that is retried in part`, () => {
    const { store, fanOuts } = makeStores();
    const { claim, read, taskThatIs } = storeDriver(store);

    /** Makes a task that waits for two subtasks. */
    const waiting = async () => {
      const seed = await taskThatIs('waiting');
      const parent = { tenantId: seed.tenantId, id: seed.id, attempt: 1 };
      await fanOuts.open(parent, { subtasks: { inline: [] }, onFailure: 'collect', count: 2 }, NOW + DAY);
      return { seed, parent };
    };

    it.each(['failed' as const, [0, 3, 999], []])('keeps its parts when they are to run again (%j)', async (again) => {
      const { seed, parent } = await waiting();
      await fanOuts.fail(parent, error, NOW, NOW);
      const fanOut = { attempt: 1, count: 1000, madeIn: 1, again };
      const { tenantId, id } = seed;
      expect(await store.retry(tenantId, id, NOW, NOW, { fanOut: { ...fanOut, attempt: 2 } })).toMatchObject({
        result: 'refused',
      });
      expect(await store.retry(tenantId, id, NOW, NOW, { fanOut })).toMatchObject({
        result: 'queued',
        task: { status: 'queued', fanOut },
      });
      expect(await claim(seed)).toMatchObject({ attempt: 2, fanOut });
    });

    it('runs again for the sake of its parts, though it has succeeded, and has no output then', async () => {
      const seed = await taskThatIs('succeeded');
      const { tenantId, id } = seed;
      const done = await read(seed);
      if (done === undefined || !isFinished(done)) throw new Error('it has not ended');
      const fanOut = { attempt: 1, count: 2, again: 'failed' } as const;
      expect(await store.amend(done, { fanOut })).toBe('amended');
      expect(await read(seed)).toEqual({ ...done, fanOut });
      expect(await store.retry(tenantId, id, NOW, NOW, { fanOut: { attempt: 1, count: 2 } })).toMatchObject({
        result: 'refused',
      });
      expect(await store.retry(tenantId, id, NOW, NOW, { fanOut })).toMatchObject({ result: 'queued' });
      expect(await read(seed)).not.toHaveProperty('output');
      expect(await store.amend(done, { fanOut })).toBe('lost');
    });

    it.each([{ inline: { name: 'Grace' } }, { ref: 'acme#task#input-2' }])(
      'is given another input: %j',
      async (input) => {
        for (const before of [{ inline: { name: 'Ada' } }, { ref: 'acme#task#input' }]) {
          const seed = await taskThatIs('failed', { input: before });
          await store.retry(seed.tenantId, seed.id, NOW, NOW, { input });
          expect(await claim(seed)).toMatchObject({ input });
          const other = await taskThatIs('cancelled', { input: before });
          const ended = await read(other);
          if (ended === undefined || !isFinished(ended)) throw new Error('it has not ended');
          expect(await store.amend(ended, { input })).toBe('amended');
          expect(await read(other)).toEqual({ ...ended, input });
          // Somebody else who has read the same comes second.
          expect(await store.amend(ended, { input: { inline: { name: 'Alan' } } })).toBe('lost');
          expect(await store.amend({ ...ended, input }, { input: before })).toBe('amended');
          expect(await read(other)).toEqual(ended);
        }
      },
    );

    it('is retried after the end that was looked at, and after no other', async () => {
      const seed = await taskThatIs('failed');
      const { tenantId, id } = seed;
      expect(await store.retry(tenantId, id, NOW, NOW, { endedAt: NOW - 1 })).toMatchObject({ result: 'refused' });
      expect(await store.retry(tenantId, id, NOW, NOW, { endedAt: NOW })).toMatchObject({ result: 'queued' });
      expect(await read(seed)).not.toHaveProperty('endedAt');
    });

    it('is taken over once by each fan-out, and ended by no earlier one', async () => {
      const ref = { id: taskSeed().id, attempt: 1, index: 0, depth: 1 };
      const seed = await taskThatIs('failed', { parent: ref });
      const { tenantId, id } = seed;
      const later = { ...ref, attempt: 3 };
      const results = await Promise.all([1, 2].map(() => store.retry(tenantId, id, NOW, NOW, { parent: later })));
      expect(results.map(({ result }) => result).toSorted()).toEqual(['queued', 'refused']);
      expect(await store.cancel(tenantId, id, NOW, ref)).toEqual({ result: 'missing' });
      expect(await read(seed)).toMatchObject({ status: 'queued', parent: later });
      // What an earlier one has made is ended by a later one.
      expect(await store.cancel(tenantId, id, NOW, { ...ref, attempt: 4 })).toMatchObject({ result: 'cancelled' });
      expect(await store.retry(tenantId, id, NOW, NOW, { parent: later })).toMatchObject({ result: 'refused' });
    });

    it.each(['running', 'waiting'] as const)(
      'ends one of its parts that is %s, unless another has it',
      async (status) => {
        const ref = { id: taskSeed().id, attempt: 2, index: 0, depth: 1 };
        const seed = await taskThatIs(status, { parent: ref });
        const { tenantId, id } = seed;
        expect(await store.cancel(tenantId, id, NOW, { ...ref, attempt: 1 })).toEqual({ result: 'missing' });
        const result = status === 'running' ? 'requested' : 'cancelled';
        expect(await store.cancel(tenantId, id, NOW, ref)).toMatchObject({ result });
      },
    );
  });
}
