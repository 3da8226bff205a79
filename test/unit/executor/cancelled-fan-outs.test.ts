import { describe, expect, it } from 'vitest';
import { propagateEnd } from '../../../functions/core/fan-out/propagate-end.ts';
import type { FinishedTask, RunningTask } from '../../../functions/core/task/task.ts';
import { settled } from '../../../functions/core/task/transition.ts';
import { invoke, read, submit } from '../../doubles/executor-world.ts';
import { runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { makeWorld, outputOf, retry } from '../../doubles/retry-world.ts';
import { callApi } from '../router/call-api.ts';

describe('a fan-out of three hundred that was cancelled in the midst of it', () => {
  const NUMBERS = Array.from({ length: 300 }, (_, number) => number);

  /** Fans out, and brings each subtask to one of five states by its place: the last of them was never made. */
  const cancelled = async (onFailure: 'fail' | 'collect') => {
    const made = makeWorld(onFailure, []);
    const { world } = made;
    const { store } = world.ports;
    const { insert } = store;
    store.insert = async (task, dueAt) =>
      (task.parent?.index ?? 0) % 5 === 4 ? { result: 'inserted' } : insert.call(store, task, dueAt);
    const seed = await submit(world, sumOf(NUMBERS, { maxAttempts: 3 }));
    await invoke(world);
    store.insert = insert;
    world.queue.messages.clear();
    const running: RunningTask[] = [];
    for (const subtask of await subtasksOf(world, seed)) {
      const { id, parent = { index: 0 } } = subtask;
      const lease = { token: `of ${id}` as never, expiresAt: world.now + 600_000 };
      const claim = parent.index % 5 < 3 ? await store.claim(subtask, lease, world.now) : undefined;
      if (claim?.result !== 'claimed') continue;
      const ends = [
        { status: 'succeeded', output: { inline: parent.index }, finishedAt: world.now },
        { status: 'failed', error: { code: 'broken', message: 'it broke', retryable: false }, finishedAt: world.now },
      ] as const;
      const end = ends[parent.index % 5];
      if (end === undefined) running.push(claim.task);
      // With the other policy the first that failed would have ended them all.
      else if (end.status === 'succeeded' || onFailure === 'collect') {
        await store.settle(claim.task, end);
        await propagateEnd(settled(claim.task, end) as FinishedTask, world.ports);
      } else running.push(claim.task);
    }
    expect((await callApi(world, `POST /api/tasks/${seed.id}/cancel`)).body).toMatchObject({ status: 'cancelled' });
    return { ...made, seed, running };
  };

  it.each(['fail', 'collect'] as const)(
    'runs each that has not succeeded once, and combines once (%s)',
    async (policy) => {
      const { world, seed, ran, combined, running } = await cancelled(policy);
      const statuses = (await subtasksOf(world, seed)).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(
        new Set(['succeeded', 'running', 'cancelled', ...(policy === 'collect' ? ['failed'] : [])]),
      );
      expect((await retry(world, seed)).status).toBe(202);
      for (let rounds = 0; rounds < 5; rounds++) await invoke(world);
      expect(await read(world, seed)).toMatchObject({ status: 'waiting' });
      // Those that ran look, and end as they were asked to.
      for (const task of running) {
        const end = { status: 'cancelled', finishedAt: world.now } as const;
        expect(await world.ports.store.settle(task, end)).toBe('settled');
        await propagateEnd(settled(task, end) as FinishedTask, world.ports);
      }
      await runDry(world);
      expect(outputOf(await read(world, seed))).toEqual({ inline: NUMBERS.reduce((sum, number) => sum + number, 0) });
      const again = NUMBERS.filter((number) => number % 5 !== 0);
      expect(ran.toSorted((a, b) => a - b)).toEqual(again);
      expect(combined).toHaveLength(1);
    },
  );
});
