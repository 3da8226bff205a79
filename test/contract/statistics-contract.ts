import { describe, expect, it } from 'vitest';
import type { Statistics, TenantUsage } from '../../functions/core/ports.ts';
import {
  type Contribution,
  MINUTE,
  minuteOf,
  type StatisticsRow,
  type Tally,
} from '../../functions/core/statistics.ts';
import { TaskHistory } from '../doubles/task-history.ts';
import { tenant } from '../doubles/task-seed.ts';

/** The tests take place now, since DynamoDB deletes what is past its time. */
const NOW = minuteOf(Date.now());
let tenants = 0;

/** Tests what holds of every implementation of the statistics. */
export function statisticsContract(name: string, makeStatistics: () => Statistics & TenantUsage): void {
  describe(`statistics in ${name}`, () => {
    const statistics = makeStatistics();
    const newTenant = () => tenant(`contract-${Date.now().toString(36)}-${++tenants}`);
    /** Adds one change for each number to a row. */
    const add = (shard: string, row: StatisticsRow, places: readonly number[], tally: Tally = { accepted: 1 }) =>
      statistics.add(
        shard,
        row,
        places.map((place): Contribution => ({ row, sequenceNumber: String(place), at: NOW, tally })),
      );
    const newMinute = () => ({ tenantId: newTenant(), type: 'greet', minute: NOW });
    const tallyOf = async ({ tenantId, type, minute }: ReturnType<typeof newMinute>) =>
      (await statistics.minutes(tenantId, type, minute, minute + MINUTE))[0]?.tally;

    it('add up, whatever is counted', async () => {
      const row = newMinute();
      await add('a', row, [1, 2]);
      await add('a', row, [3], { accepted: 1, wait_0: 1, wait_120: 2 });
      expect(await tallyOf(row)).toEqual({ accepted: 3, wait_0: 1, wait_120: 2 });
    });

    it('know the tenants that have had tasks, each once', async () => {
      const [one, other] = [newTenant(), newTenant()];
      for (const tenantId of [one, other, one]) await add(`of ${tenantId}`, { tenantId }, [1], { open: 1 });
      const known = await statistics.tenants();
      expect(known.filter((tenantId) => tenantId === one || tenantId === other).toSorted()).toEqual(
        [one, other].toSorted(),
      );
    });

    it.each([
      [
        'again',
        [
          [1, 2, 3],
          [1, 2, 3],
        ],
      ],
      ['in parts', [[1, 2, 3], [1], [2, 3]]],
      ['in parts, out of order', [[1, 2, 3], [3], [1, 2]]],
      ['with more behind it', [[1], [1, 2], [1, 2, 3]]],
      [
        'from its middle on',
        [
          [1, 2],
          [2, 3],
        ],
      ],
      ['across a new digit', [[9], [9, 10], [9, 10, 11]]],
    ])('count once what comes %s', async (_, batches) => {
      const row = newMinute();
      for (const batch of batches) await add('a', row, batch);
      expect(await tallyOf(row)).toEqual({ accepted: new Set(batches.flat()).size });
    });

    it('count once what comes several times at once', async () => {
      const row = newMinute();
      await Promise.all([[1, 2, 3], [1, 2, 3], [1], [1, 2]].map((batch) => add('a', row, batch)));
      await add('a', row, [1, 2, 3]);
      expect(await tallyOf(row)).toEqual({ accepted: 3 });
    });

    it('keep the shards apart, whose numbers have nothing to do with one another', async () => {
      const row = newMinute();
      await add('a', row, [100]);
      await add('b', row, [1, 2]);
      await add('b', row, [1, 2, 101]);
      expect(await tallyOf(row)).toEqual({ accepted: 4 });
    });

    it('take a batch of a hundred durations, each of another bucket, with sequence numbers of 40 digits', async () => {
      const row = newMinute();
      const contributions = Array.from({ length: 100 }, (_, place) => ({
        row,
        at: NOW,
        sequenceNumber: `${10n ** 39n + BigInt(place)}`,
        tally: { started: 1, [`wait_${600 + place}`]: 1 },
      }));
      await statistics.add('a', row, contributions);
      await statistics.add('a', row, contributions.slice(50));
      expect(Object.keys((await tallyOf(row)) ?? {})).toHaveLength(101);
      expect(await tallyOf(row)).toMatchObject({ started: 100, wait_600: 1, wait_699: 1 });
    });

    it("show the minutes of a range, in order, and never another type's or tenant's", async () => {
      const row = newMinute();
      const at = (minutes: number, more = {}) => ({ ...row, minute: NOW + minutes * MINUTE, ...more });
      for (const minutes of [2, 0, 1, 3]) await add('a', at(minutes), [1]);
      await add('a', at(0, { type: 'greet.other' }), [1]);
      await add('a', at(0, { tenantId: newTenant() }), [1]);
      const minutes = await statistics.minutes(row.tenantId, 'greet', NOW, NOW + 3 * MINUTE);
      expect(minutes.map(({ minute }) => (minute - NOW) / MINUTE)).toEqual([0, 1, 2]);
      expect(await statistics.minutes(row.tenantId, 'gone', NOW, NOW + MINUTE)).toEqual([]);
    });

    it('tell how many tasks of a tenant are open, none of a tenant without', async () => {
      const tenantId = newTenant();
      expect(await statistics.openTasks(tenantId)).toBe(0);
      await add('a', { tenantId }, [1, 2, 3], { open: 1 });
      await add('a', { tenantId }, [4], { open: -1 });
      await add('a', { tenantId }, [3, 4], { open: -1 });
      expect(await statistics.openTasks(tenantId)).toBe(2);
    });

    it('tell what types a tenant has had, and those of no other', async () => {
      const [tenantId, other] = [newTenant(), newTenant()];
      expect(await statistics.types(tenantId)).toEqual([]);
      const opened = (place: number, type: string): Contribution => ({
        row: { tenantId },
        sequenceNumber: String(place),
        at: NOW,
        tally: { open: 1 },
        type,
      });
      await statistics.add('a', { tenantId }, [opened(1, 'greet'), opened(2, 'echo'), opened(3, 'greet')]);
      await statistics.add('a', { tenantId }, [opened(3, 'greet'), opened(4, 'greet')]);
      await add('a', { tenantId: other }, [1], { open: 1 });
      expect((await statistics.types(tenantId)).toSorted()).toEqual(['echo', 'greet']);
      expect(await statistics.types(other)).toEqual([]);
      expect(await statistics.openTasks(tenantId)).toBe(4);
    });

    it('equal a recount of the tasks, with batches repeated', async () => {
      const tenantId = newTenant();
      const history = new TaskHistory({ tenantIds: [tenantId], start: NOW, seed: 1 });
      history.live(300);
      await history.deliver(statistics, { faults: 0.5, seed: 2 });
      expect(await history.sums(statistics)).toEqual(history.expected());
    }, 60_000);
  });
}
