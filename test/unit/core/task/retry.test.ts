import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RETRY, type RetryPolicy, retryDelaySeconds } from '../../../../functions/core/task/retry.ts';

const policies = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 20 }),
  baseDelaySeconds: fc.double({ min: 0, max: 100, noNaN: true }),
  maxDelaySeconds: fc.double({ min: 0, max: 10_000, noNaN: true }),
});
const attempts = fc.integer({ min: 1, max: 20 });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ceilingOf = ({ baseDelaySeconds, maxDelaySeconds }: RetryPolicy, attempt: number): number =>
  Math.min(maxDelaySeconds, baseDelaySeconds * 2 ** (attempt - 1));

describe('retryDelaySeconds', () => {
  it.each([
    [1, 2],
    [2, 4],
    [3, 8],
    [8, 256],
    [9, 300],
    [20, 300],
  ])('after attempt %i is spread from 0 to %i s', (attempt, ceiling) => {
    expect(retryDelaySeconds(DEFAULT_RETRY, attempt, 0)).toBe(0);
    expect(retryDelaySeconds(DEFAULT_RETRY, attempt, 0.5)).toBe(ceiling / 2);
    expect(retryDelaySeconds(DEFAULT_RETRY, attempt, 0.999_999)).toBe(ceiling);
  });

  it('is whole, and between 0 and what the policy and the queue allow', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, (policy, attempt, random) => {
        const delay = retryDelaySeconds(policy, attempt, random);
        expect(Number.isInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(Math.min(604_800, Math.ceil(ceilingOf(policy, attempt))));
      }),
    );
  });

  it('is at least what the failure asked for, for up to a week', () => {
    fc.assert(
      fc.property(
        policies,
        attempts,
        randoms,
        fc.double({ min: 0, max: 1_000_000, noNaN: true }),
        (policy, attempt, random, atLeast) => {
          const delay = retryDelaySeconds(policy, attempt, random, atLeast);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(Math.min(604_800, atLeast));
          expect(delay).toBeLessThanOrEqual(604_800);
        },
      ),
    );
  });

  it('grows with chance and never falls with the attempts', () => {
    fc.assert(
      fc.property(policies, attempts, randoms, randoms, (policy, attempt, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(retryDelaySeconds(policy, attempt, less)).toBeLessThanOrEqual(retryDelaySeconds(policy, attempt, more));
        expect(retryDelaySeconds(policy, attempt, a)).toBeLessThanOrEqual(retryDelaySeconds(policy, attempt + 1, a));
      }),
    );
  });

  it('spreads evenly: full jitter', () => {
    const policy = { maxAttempts: 3, baseDelaySeconds: 100, maxDelaySeconds: 100 };
    const delays = Array.from({ length: 1000 }, (_, index) => retryDelaySeconds(policy, 1, index / 1000));
    expect(new Set(delays).size).toBe(101);
    expect(delays.filter((delay) => delay < 50)).toHaveLength(495);
  });
});
