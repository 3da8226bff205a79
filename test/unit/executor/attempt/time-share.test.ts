import { describe, expect, it } from 'vitest';
import { TimeShares } from '../../../../functions/executor/attempt/time-share.ts';

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
