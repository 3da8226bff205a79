import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask, type TaskDefinition } from '../../../../functions/core/define-task.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { TimeShares } from '../../../../functions/executor/attempt/time-share.ts';
import { bulk, bulkSeed, doubled, sent } from '../../../doubles/bulk-world.ts';
import { invoke } from '../../../doubles/executor-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

describe('the time of an executor', () => {
  const executor = () => {
    const clock = { now: 1_000 };
    return { clock, shares: new TimeShares(() => clock.now) };
  };

  it('is all of one attempt that is alone, from its begin on', () => {
    const { clock, shares } = executor();
    clock.now += 500;
    const one = shares.begin();
    clock.now += 100;
    expect(one.take()).toBe(100);
    clock.now += 20;
    expect([one.take(), one.take()]).toEqual([20, 0]);
  });

  it('is shared by those that are side by side, for as long as they are', () => {
    const { clock, shares } = executor();
    const first = shares.begin();
    clock.now += 100;
    const second = shares.begin();
    clock.now += 100;
    expect([first.take(), second.take()]).toEqual([150, 50]);
    second.end();
    clock.now += 100;
    expect(first.take()).toBe(100);
    first.end();
    clock.now += 1_000;
    const third = shares.begin();
    clock.now += 10;
    expect(third.take()).toBe(10);
  });

  it('is what all shares are together, whoever comes and goes, but for a millisecond of each', () => {
    const { clock, shares } = executor();
    const begun = clock.now;
    const under: ReturnType<TimeShares['begin']>[] = [shares.begin()];
    let taken = 0;
    let others = 1;
    for (let step = 0; step < 200; step++) {
      clock.now += (step * 7) % 23;
      if (step % 3 === 0) others += under.push(shares.begin()) > 0 ? 1 : 0;
      const one = step % 4 === 1 && under.length > 1 ? under.shift() : undefined;
      taken += one?.take() ?? 0;
      one?.end();
    }
    for (const one of under) taken += one.take();
    expect(Math.abs(taken - (clock.now - begun))).toBeLessThanOrEqual(others / 2);
  });
});

describe('an attempt is settled with the time that it took of its executor', () => {
  /** Runs tasks that each sleep for a while, and returns the milliseconds that each was settled with. */
  async function settledWith(definition: TaskDefinition, tasks: readonly TaskSeed[]): Promise<number[]> {
    const world = await sent(definition, tasks);
    const { settle } = world.ports.store;
    const taken: number[] = [];
    world.ports.store.settle = (task, settlement, usage) => {
      taken.push(usage?.executorMilliseconds ?? Number.NaN);
      return settle.call(world.ports.store, task, settlement);
    };
    await invoke(world);
    return taken;
  }
  const LASTING = 80;
  const sleepy = defineTask({
    type: 'sleepy',
    description: 'Sleeps',
    resources: 'default',
    priority: 'normal',
    timeoutSeconds: 10,
    retry: { maxAttempts: 1, baseDelaySeconds: 1, maxDelaySeconds: 1 },
    input: z.object({}),
    run: async () => {
      await sleep(LASTING);
      return null;
    },
  });
  const seeds = (count: number) =>
    Array.from({ length: count }, () => taskSeed({ type: 'sleepy', input: { inline: {} } }));
  const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);

  it('which is all of it where it is alone', async () => {
    const [one = 0] = await settledWith(sleepy, seeds(1));
    expect(one).toBeGreaterThanOrEqual(LASTING - 2);
  });

  it('which is a fifth where five are side by side', async () => {
    const taken = await settledWith(sleepy, seeds(5));
    expect(taken).toHaveLength(5);
    expect(sum(taken)).toBeGreaterThanOrEqual(LASTING - 5);
    expect(Math.max(...taken)).toBeLessThan(sum(taken) / 2);
  });

  it('which is that of the whole call for all of a batch together', async () => {
    const definition = bulk(async (items, ctx) => {
      await sleep(LASTING);
      return doubled(items, ctx);
    });
    const taken = await settledWith(definition, [bulkSeed(0), bulkSeed(1), bulkSeed(2)]);
    expect(taken).toHaveLength(3);
    expect(sum(taken)).toBeGreaterThanOrEqual(LASTING - 2);
    expect(taken.filter((one) => one < LASTING / 2)).toHaveLength(2);
  });
});
