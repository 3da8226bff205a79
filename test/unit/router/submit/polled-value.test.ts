import { beforeEach, describe, expect, it } from 'vitest';
import { PolledValue } from '../../../../functions/router/submit/polled-value.ts';

let now: number;
let asked: PromiseWithResolvers<void>[];
let failures: unknown[];
let polled: PolledValue;
beforeEach(() => {
  now = 1_000_000;
  asked = [];
  failures = [];
  const ask = (): Promise<void> => {
    const answer = Promise.withResolvers<void>();
    asked.push(answer);
    return answer.promise;
  };
  polled = new PolledValue(
    ask,
    (error) => failures.push(error),
    () => now,
  );
});

/** Returns whether a caller is still waiting, once all that was ready has run. */
async function isWaiting(caller: Promise<void>): Promise<boolean> {
  const waiting = Symbol();
  return (await Promise.race([caller, new Promise((resolve) => setImmediate(resolve, waiting))])) === waiting;
}

describe('the first caller', () => {
  it('waits for the answer, with all who come meanwhile', async () => {
    const callers = [polled.fresh(), polled.fresh()];
    for (const caller of callers) expect(await isWaiting(caller)).toBe(true);
    asked[0]?.resolve();
    await Promise.all(callers);
    expect(asked).toHaveLength(1);
  });

  it('waits for half a second at most; those who come then wait no longer, and ask no second time', async () => {
    const began = performance.now();
    await polled.fresh();
    expect(performance.now() - began).toBeGreaterThan(400);
    now += 60_000;
    expect(await isWaiting(polled.fresh())).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it('goes on where there is no answer, and the next asks five seconds later', async () => {
    const caller = polled.fresh();
    asked[0]?.reject(new Error('throttled'));
    await caller;
    expect(failures).toEqual([new Error('throttled')]);
    now += 4_999;
    expect(await isWaiting(polled.fresh())).toBe(false);
    expect(asked).toHaveLength(1);
    now += 1;
    expect(await isWaiting(polled.fresh())).toBe(true);
    expect(asked).toHaveLength(2);
  });
});

describe('a later caller', () => {
  beforeEach(async () => {
    const first = polled.fresh();
    asked[0]?.resolve();
    await first;
  });

  it('asks nothing for five seconds', async () => {
    now += 4_999;
    await polled.fresh();
    expect(asked).toHaveLength(1);
  });

  it('asks then, and goes by the last answer', async () => {
    now += 5_000;
    expect(await isWaiting(polled.fresh())).toBe(false);
    expect(asked).toHaveLength(2);
  });

  it('asks again where the answer that was under way has slept', async () => {
    now += 5_000;
    await polled.fresh();
    now += 120_000;
    const caller = polled.fresh();
    asked[1]?.resolve();
    expect(await isWaiting(caller)).toBe(true);
    expect(asked).toHaveLength(3);
    asked[2]?.resolve();
    await caller;
  });

  it('waits for the new one where the last is six seconds old', async () => {
    now += 5_999;
    await polled.fresh();
    now += 1;
    const caller = polled.fresh();
    expect(await isWaiting(caller)).toBe(true);
    asked[1]?.resolve();
    await caller;
  });
});
