import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executorKeyOf, PRIORITIES, queueNameOf } from '../../../../functions/contract.ts';
import { executorKeyFor, formerShardsOf, shardOf } from '../../../../functions/core/lane/routing.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { bulk, doubled } from '../../../doubles/bulk-world.ts';
import { greet } from '../../../doubles/task-definitions.ts';

const KEYS = Array.from({ length: 5000 }, (_, index) => `tenant-${index % 97}#type-${index}`);
const shardCounts = [2, 3, 4, 7, 10];

describe('shardOf', () => {
  it('is one of the shards, and always the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (key, shards) => {
        const shard = shardOf(key, shards);
        expect(shard).toBe(shardOf(key, shards));
        expect(Number.isInteger(shard) && shard >= 0 && shard < shards).toBe(true);
      }),
    );
  });

  it('moves a key only to the new shard, whatever the key', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 20 }), (key, shards) => {
        expect([shardOf(key, shards), shards]).toContain(shardOf(key, shards + 1));
      }),
    );
  });

  it.each(shardCounts)('gives each of %i shards its share of the keys, within 15 percent', (shards) => {
    const byShard = Object.values(Object.groupBy(KEYS, (key) => shardOf(key, shards)));
    const share = KEYS.length / shards;
    expect(byShard).toHaveLength(shards);
    for (const keys of byShard) expect(Math.abs((keys?.length ?? 0) - share) / share).toBeLessThan(0.15);
  });

  it.each(shardCounts)('moves 1/(n + 1) of the keys when there is one more than %i, within 15 percent', (shards) => {
    const moved = KEYS.filter((key) => shardOf(key, shards) !== shardOf(key, shards + 1));
    const share = KEYS.length / (shards + 1);
    expect(Math.abs(moved.length - share) / share).toBeLessThan(0.15);
    expect(new Set(moved.map((key) => shardOf(key, shards + 1)))).toEqual(new Set([shards]));
  });
});

describe('formerShardsOf', () => {
  it('is every other shard that a key has had since there was one, the latest first', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 12 }), (key, shards) => {
        const homes = Array.from({ length: shards }, (_, fewer) => shardOf(key, fewer + 1)).toReversed();
        expect([shardOf(key, shards), ...formerShardsOf(key, shards)]).toEqual([...new Set(homes)]);
      }),
    );
  });

  it('is none of one shard', () => expect(formerShardsOf('acme', 1)).toEqual([]));
});

it('an executor key names its queue', () => {
  const key = executorKeyOf('io-intensive', 'high', 2);
  expect(key).toBe('io-intensive/high/2');
  expect(queueNameOf(key)).toBe('io-intensive-high-2');
});

describe('executorKeyFor', () => {
  const single = { ...greet, resources: 'io-intensive' } as const;

  it.each(PRIORITIES)('is that of the priority %s, or of batches whatever the priority', (priority) => {
    const owner = { priority, tenantId: 'acme' };
    expect(executorKeyFor(single, owner, RESOURCE_CLASS_SPECS)).toBe(`io-intensive/${priority}/0`);
    expect(executorKeyFor(bulk(doubled), owner, RESOURCE_CLASS_SPECS)).toBe('default/batch/0');
  });
});
