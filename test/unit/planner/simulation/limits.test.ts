import { describe, expect, test } from 'vitest';
import { costOf } from '../../../../planner/costs/cost-basis.ts';
import { Environments, EventSource } from '../../../../planner/simulation/lambda-scaling.ts';
import { HOT_KEYS, WRITE_TARGETS, WriteLimit } from '../../../../planner/simulation/table-writes.ts';
import { TokenBucket } from '../../../../planner/simulation/token-bucket.ts';
import { MINUTE, SECOND } from '../../../../planner/time.ts';

describe('a token bucket', () => {
  test('gives its burst at once, then its rate, and saves up no more than its burst', () => {
    const bucket = new TokenBucket(10, 50);
    expect(bucket.take(80, 0)).toBe(50);
    expect(bucket.take(80, SECOND)).toBe(10);
    expect(bucket.until(5, SECOND)).toBe(SECOND / 2);
    expect(bucket.take(80, 100 * SECOND)).toBe(50);
  });

  test('gives whole tokens only, and keeps the rest', () => {
    const bucket = new TokenBucket(1, 1);
    bucket.take(1, 0);
    expect(bucket.take(1, SECOND * 0.9)).toBe(0);
    expect(bucket.take(1, SECOND)).toBe(1);
  });
});

describe('an event source', () => {
  test('grows by 300 batches a minute while messages are left, up to its maximum', () => {
    const source = new EventSource(1_000);
    expect(source.allowed(0)).toBe(5);
    source.observe(100, 5);
    expect(source.allowed(MINUTE)).toBe(305);
    expect(source.allowed(60 * MINUTE)).toBe(1_000);
    expect(source.untilMore()).toBeUndefined();
  });

  test('keeps what it has while its queue is empty, and begins anew when nothing is left', () => {
    const source = new EventSource(1_000);
    source.observe(100, 5);
    expect(source.allowed(10 * SECOND)).toBe(55);
    source.observe(0, 55);
    expect(source.allowed(MINUTE)).toBe(55);
    source.observe(0, 0);
    expect(source.allowed(MINUTE)).toBe(5);
  });

  test('never exceeds a maximum that is lowered', () => {
    const source = new EventSource(10);
    source.maximumConcurrency = 2;
    expect(source.allowed(0)).toBe(2);
  });
});

describe('environments', () => {
  test('are used again while they are warm', () => {
    const environments = new Environments(10);
    expect(environments.take(4, 0)).toEqual({ warm: 0, cold: 4 });
    environments.release(4, SECOND);
    expect(environments.take(6, MINUTE)).toEqual({ warm: 4, cold: 2 });
    environments.release(6, 2 * MINUTE);
    expect(environments.take(1, 60 * MINUTE)).toEqual({ warm: 0, cold: 1 });
  });

  test('are no more than are reserved: the others are throttled', () => {
    const environments = new Environments(10);
    expect(environments.take(12, 0)).toEqual({ warm: 0, cold: 10 });
    expect(environments.throttled).toBe(2);
  });

  test('are made 1,000 at once and 100 a second', () => {
    const environments = new Environments(5_000);
    expect(environments.take(3_000, 0).cold).toBe(1_000);
    expect(environments.take(3_000, SECOND).cold).toBe(100);
  });
});

describe('the writes of a table', () => {
  const sizes = { tables: 1, keys: 1, peakPerSecond: 0 };
  const [table] = WRITE_TARGETS;
  if (table === undefined) throw new Error('nothing is written');

  test('are those that docs/costs.md tells of', () => {
    const sum = (of: 'perSubmit' | 'perAttempt') => WRITE_TARGETS.reduce((total, target) => total + target[of], 0);
    expect(sum('perSubmit')).toBe(costOf('submit a task').writes);
    expect(sum('perAttempt')).toBe(costOf('claim and settle').writes);
  });

  test('are 4,000 units a second at first, and twice a peak half an hour after it', () => {
    const limit = new WriteLimit(table, sizes);
    for (let second = 0; second < 120; second++) limit.write(3_000, second * SECOND);
    limit.write(5_000, 120 * SECOND);
    expect(limit.result()).toMatchObject({ peakPerSecond: 5_000, perSecond: 4_000, throttledUnits: 1_000 });
    expect(limit.attempts(30 * MINUTE)).toBe(2_000);
    expect(limit.attempts(33 * MINUTE)).toBe(3_000);
  });

  test('are twice the peak that a table has had', () => {
    expect(new WriteLimit(table, { ...sizes, peakPerSecond: 7_000 }).attempts(0)).toBe(7_000);
  });

  test('never pass the quota of a table', () => {
    const limit = new WriteLimit(table, sizes);
    for (let minute = 0; minute < 400; minute++) {
      for (let second = 0; second < 60; second++) limit.write(100_000, minute * MINUTE + second * SECOND);
    }
    expect(limit.result().perSecond).toBe(40_000);
  });

  describe('of provisioned capacity', () => {
    const capacity = { minWrites: 100, maxWrites: 1_000, minReads: 1, maxReads: 1, utilization: 0.7 };
    const provisioned = (target = table) => new WriteLimit(target, { ...sizes, tables: 2, capacity });
    /** Asks for so many units a second from one minute to another. */
    const ask = (limit: WriteLimit, perSecond: number, from: number, to: number): void => {
      for (let second = from * 60; second < to * 60; second++) limit.write(perSecond, second * SECOND);
    };

    test('have a burst of five minutes beside it, and are throttled then', () => {
      const limit = provisioned();
      limit.write(60_000, 0);
      expect(limit.result().throttledUnits).toBe(0);
      limit.write(1_000, SECOND);
      expect(limit.result()).toMatchObject({ throttledUnits: 800, perSecond: 200, limitPerSecond: 2_000 });
    });

    test('stay as they are while their target is not passed', () => {
      const limit = provisioned();
      ask(limit, 139, 0, 10);
      expect(limit.result()).toMatchObject({ perSecond: 200, throttledUnits: 0 });
    });

    test('grow after two minutes above it, so that what is used is the target, up to the most', () => {
      const limit = provisioned();
      ask(limit, 350, 0, 1);
      expect(limit.result().perSecond).toBe(200);
      ask(limit, 350, 1, 4);
      expect(limit.result()).toMatchObject({ perSecond: 500, throttledUnits: 0 });
      ask(limit, 5_000, 4, 30);
      expect(limit.result().perSecond).toBe(2_000);
    });

    test.each(HOT_KEYS)('to $name are those of its partition', (key) => {
      expect(provisioned(key).result()).toMatchObject({ perSecond: 2_000, limitPerSecond: 2_000 });
    });
  });

  test.each(HOT_KEYS)('to $name are 1,000 a second by key, however long it goes on', (key) => {
    const limit = new WriteLimit(key, { tables: 2, keys: 3, peakPerSecond: 0 });
    for (let minute = 0; minute < 60; minute++) limit.write(6_000, minute * MINUTE);
    expect(limit.result().perSecond).toBe(6_000);
  });
});
