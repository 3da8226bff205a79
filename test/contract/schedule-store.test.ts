import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, inject, it } from 'vitest';
import { DynamoScheduleStore } from '../../functions/adapters/dynamo/schedules/schedule-store.ts';
import { MemoryScheduleStore } from '../../functions/adapters/memory/memory-schedule-store.ts';
import type { Schedule, ScheduleStore } from '../../functions/core/schedule/schedule.ts';
import { firingsMade, paused, resumed } from '../../functions/core/schedule/transition.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { scheduleAt } from '../doubles/schedules.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';

const dynamo = new DynamoScheduleStore(new DynamoDBClient(awsClient), inject('stack').schedulesTable, () => {});
/** The sweeper of the deployment fires what is due now: what is due here is so long after. */
const YEAR = Date.UTC(2100, 0, 1);

describe.each<[string, ScheduleStore]>([
  ['memory', new MemoryScheduleStore()],
  ['DynamoDB', dynamo],
])('schedules in %s', (_, store) => {
  const owner = () => tenant(`s-${crypto.randomUUID()}`);
  const whole = async (): Promise<Schedule> =>
    scheduleAt(YEAR, {
      tenantId: owner(),
      name: 'each morning',
      fingerprint: 'fingerprint',
      limits: { ratePerSecond: 0.5, maxOpenTasks: 7 },
      last: { time: YEAR, at: YEAR + 1, outcome: 'skipped', reason: 'why' },
      lastTaskId: taskSeed().id,
      input: { __proto__: null, text: 'ü"\n' },
      isOfDefinition: true,
    });
  const dueIds = async (now: number): Promise<string[]> => {
    const ids: string[] = [];
    for await (const page of store.due(now, 2)) ids.push(...page.map(({ id }) => id));
    return ids;
  };

  it('are read as they were made, once', async () => {
    for (const one of [await whole(), await scheduleAt(YEAR, { tenantId: owner(), cadence: { rateMinutes: 5 } })]) {
      expect(await store.create(one)).toBe('created');
      expect(await store.create({ ...one, skipped: 9 })).toBe('exists');
      expect(await store.get(one.tenantId, one.id)).toEqual(one);
      expect(await store.get(owner(), one.id)).toBeUndefined();
    }
  });

  it('are replaced by what was made of the revision before, and removed', async () => {
    const one = await whole();
    await store.create(one);
    const next = firingsMade(one, { time: YEAR, at: YEAR, outcome: 'fired' }, { nextAt: YEAR + 60_000, skipped: 1 });
    expect(await store.replace(next)).toBe('replaced');
    expect(await store.replace(next)).toBe('lost');
    expect(await store.replace({ ...one, revision: 2 })).toBe('lost');
    expect(await store.get(one.tenantId, one.id)).toEqual({ ...next, skipped: 1 });
    expect(await store.remove(one.tenantId, one.id)).toBe('removed');
    expect(await store.remove(one.tenantId, one.id)).toBe('missing');
    expect(await store.replace({ ...next, revision: 3 })).toBe('lost');
    expect(await store.get(one.tenantId, one.id)).toBeUndefined();
  });

  it('are listed by tenant, a page at a time', async () => {
    const tenantId = owner();
    const made = await Promise.all(Array.from({ length: 5 }, () => scheduleAt(YEAR, { tenantId })));
    for (const one of made) await store.create(one);
    await store.create(await whole());
    const ids = made.map(({ id }) => id).toSorted();
    await expect.poll(async () => (await store.list(tenantId, 9)).schedules.map(({ id }) => id)).toEqual(ids);
    const first = await store.list(tenantId, 3);
    expect(first.schedules.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    const second = await store.list(tenantId, 3, first.next);
    expect(second.schedules.map(({ id }) => id)).toEqual(ids.slice(3));
    expect(second).not.toHaveProperty('next');
    expect(await store.list(owner(), 3)).toEqual({ schedules: [] });
  });

  it('are due at their time, the longest due first, and not while they are paused', async () => {
    const from = YEAR - Math.floor(Math.random() * 1e9) * 1_000;
    const made: Schedule[] = [];
    for (const seconds of [3, 1, 5, 2, 4]) {
      const one = await scheduleAt(from, { tenantId: owner(), nextAt: from + seconds });
      await store.create(one);
      made.push(one);
    }
    const [third, first, fifth, second] = made as [Schedule, Schedule, Schedule, Schedule];
    const among = async (now: number) => (await dueIds(now)).filter((id) => made.some((one) => one.id === id));
    await expect.poll(() => among(from + 3)).toEqual([first.id, second.id, third.id]);
    await store.replace(paused(first));
    await store.replace({ ...second, dueAt: from + 60, revision: 2 });
    await store.remove(third.tenantId, third.id);
    await expect.poll(() => among(from + 3)).toEqual([]);
    await store.replace(resumed({ ...first, revision: 2 }, from + 6));
    await expect.poll(async () => (await among(from + 60)).at(-1)).toBe(second.id);
    expect(await among(from + 60)).toEqual([made[4]?.id, fifth.id, first.id, second.id]);
    for (const one of made) await store.remove(one.tenantId, one.id);
  });

  it('of definitions are known by what was deployed', async () => {
    const { tenantId, id } = await whole();
    const before = await store.deployed();
    await store.keepDeployed({ digest: 'd', schedules: [{ tenantId, id }] });
    expect(await store.deployed()).toEqual({ digest: 'd', schedules: [{ tenantId, id }] });
    await store.keepDeployed(before);
  });
});
