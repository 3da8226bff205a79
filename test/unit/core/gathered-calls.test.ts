import { describe, expect, it } from 'vitest';
import { GatheredCalls } from '../../../functions/core/concurrency.ts';

/** Makes calls that take a turn of the event loop, and add up what they were made of. */
function gathered(fails: (items: readonly number[]) => boolean = () => false) {
  const made: [string, readonly number[]][] = [];
  let underWay = 0;
  const calls = new GatheredCalls<number, number>(async (key, items) => {
    expect(++underWay).toBeLessThanOrEqual(2);
    made.push([key, [...items]]);
    await new Promise(setImmediate);
    underWay--;
    if (fails(items)) throw new Error(`not ${items}`);
    return items.reduce((sum, item) => sum + item, 0);
  });
  return { calls, made };
}

describe('calls of one key', () => {
  it('go together where they are asked for together, and those that come meanwhile in the next', async () => {
    const { calls, made } = gathered();
    const first = [1, 2].map((item) => calls.add('a', item));
    await new Promise(process.nextTick);
    await Promise.resolve();
    const second = [3, 4, 5].map((item) => calls.add('a', item));
    expect(await Promise.all([...first, ...second])).toEqual([3, 3, 12, 12, 12]);
    expect(await calls.add('a', 6)).toBe(6);
    expect(made).toEqual([
      ['a', [1, 2]],
      ['a', [3, 4, 5]],
      ['a', [6]],
    ]);
  });

  it('keep out of those of another', async () => {
    const { calls, made } = gathered();
    expect(await Promise.all([calls.add('a', 1), calls.add('b', 2)])).toEqual([1, 2]);
    expect(made).toHaveLength(2);
  });

  it('fail together, and the next goes on', async () => {
    const { calls } = gathered((items) => items.includes(2));
    const results = [1, 2].map((item) => calls.add('a', item));
    await Promise.resolve();
    await Promise.resolve();
    const next = calls.add('a', 3);
    expect((await Promise.allSettled(results)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await next).toBe(3);
  });
});
