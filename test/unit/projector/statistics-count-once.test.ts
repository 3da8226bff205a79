import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFinished } from '../../../functions/core/task/task.ts';
import { MemoryStatistics } from '../../doubles/memory-statistics.ts';
import { TaskHistory } from '../../doubles/task-history.ts';
import { tenant } from '../../doubles/task-seed.ts';

const start = Date.UTC(2026, 0, 1);
const tenantIds = [tenant('acme'), tenant('globex')];

it('counts each change once, whatever repeats, splits or bisects the batches of the stream', async () => {
  const seeds = fc.integer();
  const run = async (tasks: number, seed: number, faultSeed: number, faults: number) => {
    const history = new TaskHistory({ tenantIds, start, seed });
    history.live(tasks);
    const statistics = new MemoryStatistics();
    await history.deliver(statistics, { faults, seed: faultSeed });
    expect(await history.sums(statistics)).toEqual(history.expected());
  };
  const parts = fc.double({ min: 0, max: 0.9, noNaN: true });
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 100 }), seeds, seeds, parts, run), { numRuns: 300 });
}, 60_000);

it('equals a recount of the table after 10,000 tasks with batches repeated', async () => {
  const history = new TaskHistory({ tenantIds, start, seed: 10_000 });
  history.live(10_000);
  const statistics = new MemoryStatistics();
  await history.deliver(statistics, { faults: 0.5, seed: 1 });
  const sums = await history.sums(statistics);
  expect(sums).toEqual(history.expected());
  const total = (name: string) => Object.values(sums.minutes).reduce((sum, tally) => sum + (tally[name] ?? 0), 0);
  const rows = [...history.rows.values()];
  expect(rows).toHaveLength(10_000);
  expect(total('accepted')).toBe(10_000);
  expect(total('started')).toBe(rows.reduce((sum, { attempt }) => sum + attempt, 0));
  expect(total('succeeded')).toBe(rows.filter(({ status }) => status === 'succeeded').length);
  const ended = total('succeeded') + total('failed') + total('cancelled') - total('reopened');
  expect(ended).toBe(rows.filter(isFinished).length);
  expect(sums.open.reduce((sum, open) => sum + open)).toBe(10_000 - ended);
}, 60_000);
