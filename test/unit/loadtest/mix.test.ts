import { describe, expect, test } from 'vitest';
import { EXPECTED_MIX, type Kind, nextOperation } from '../../../loadtest/scenarios/mix.ts';

describe('the mix', () => {
  const surroundings = { runId: 'r', recentIds: ['t1'], batchEndpoint: 'http://127.0.0.1:1' };
  const kindsAt = (more = {}): Kind[] =>
    Array.from({ length: 1_000 }, (_, index) => {
      const random = () => (index + 0.5) / 1_000;
      return nextOperation(EXPECTED_MIX, index, { ...surroundings, random, ...more }).kind;
    });

  test('does each kind as often as its weight says', () => {
    const kinds = Map.groupBy(kindsAt(), (kind) => kind);
    for (const [kind, weight] of Object.entries(EXPECTED_MIX.weights)) {
      expect([kind, kinds.get(kind as Kind)?.length]).toEqual([kind, weight * 10]);
    }
  });

  test('leaves out what cannot be: a batch without an endpoint, a read of nothing', () => {
    const kinds = new Set(kindsAt({ batchEndpoint: undefined, recentIds: [] }));
    expect(kinds).toEqual(new Set(['single', 'repeat', 'bulk', 'fan-out', 'list']));
  });

  test('has bulks of tasks that wait for a server, where there is one', () => {
    const mix = {
      weights: { ...EXPECTED_MIX.weights, bulk: 1_000 },
      bulk: { size: 2, priority: 'high' as const, waitMilliseconds: 5 },
    };
    const bodyAt = (batchEndpoint: string | undefined) =>
      nextOperation(mix, 0, { ...surroundings, random: () => 0.5, batchEndpoint }).request.body;
    const waiting = { type: 'http.request', input: { url: 'http://127.0.0.1:1?ms=5' }, priority: 'high' };
    expect(bodyAt('http://127.0.0.1:1')).toEqual({ tasks: [waiting, waiting] });
    expect(bodyAt(undefined)).toMatchObject({ tasks: [{ type: 'markdown.render', priority: 'high' }, {}] });
  });

  test('repeats the same body under the same key', () => {
    const repeats = [0.59, 0.6].map((place) =>
      nextOperation(EXPECTED_MIX, 0, { ...surroundings, random: () => place }),
    );
    expect(repeats.map(({ kind }) => kind)).toEqual(['repeat', 'repeat']);
    expect(repeats[0]?.request.headers?.['idempotency-key']).toMatch(/^r-0-\d+$/);
    expect(repeats[0]?.request.body).toEqual(repeats[1]?.request.body);
  });
});
