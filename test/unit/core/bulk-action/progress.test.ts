import { describe, expect, it } from 'vitest';
import { NO_PROGRESS } from '../../../../functions/core/bulk-action/bulk-action.ts';
import { ended, fractionOf, withCounted, withOutcomes } from '../../../../functions/core/bulk-action/progress.ts';
import { type TaskOrder, taskIdOf } from '../../../../functions/core/task/ids.ts';

const ids = Array.from({ length: 8 }, (_, place) => taskIdOf(String(place).padStart(26, '0'), 0));
const counted = withCounted(NO_PROGRESS, 10, undefined);

describe('the account of a bulk action', () => {
  it('counts page after page, and works from the newest task on then', () => {
    const half = withCounted(NO_PROGRESS, 4, 'X' as TaskOrder);
    expect(half).toMatchObject({ phase: 'counting', matched: 4, after: 'X' });
    expect(withCounted(half, 6, undefined)).toMatchObject({ phase: 'working', matched: 10, after: undefined });
  });

  it('adds up by code, with the first five tasks of each', () => {
    const outcomes = ids.map((id, place) => (place === 0 ? { id } : { id, refusal: 'subtask' as const }));
    const progress = withOutcomes({ ...counted, pending: ids }, outcomes);
    expect(progress).toMatchObject({ done: 1, pending: [] });
    expect(progress.refusals).toEqual({ subtask: { count: 7, exampleIds: ids.slice(1, 6) } });
    expect(fractionOf(progress)).toBe(0.8);
  });

  it('tells in the end of what was counted and did not match any more', () => {
    const progress = ended({ ...counted, done: 7, refusals: { not_found: { count: 1, exampleIds: [] } } });
    expect(progress).toMatchObject({ phase: 'ended', matched: 10 });
    expect(progress.refusals.no_longer_matching).toEqual({ count: 2, exampleIds: [] });
  });

  it('has as many matches as were found where the count had fewer', () => {
    expect(ended({ ...counted, done: 12 })).toMatchObject({ matched: 12, refusals: {} });
  });
});
