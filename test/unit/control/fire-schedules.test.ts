import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import type { TenantLimits } from '../../../functions/core/tenant/tenant-limits.ts';
import { greet as greeting, invoke } from '../../doubles/executor-world.ts';
import { saturate } from '../../doubles/saturated-lane.ts';
import { current, fire, schedule, tasksOf, timesOf } from '../../doubles/schedules.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const MINUTE = 60_000;

/** Lets minutes pass, and fires at each. */
async function minutes(world: World, count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.advance(60);
    await fire(world);
  }
}
const statuses = async (world: World) => (await tasksOf(world)).map(({ status }) => status);
const lastOf = async (world: World, one: Awaited<ReturnType<typeof schedule>>) => (await current(world, one)).last;

describe('a schedule that is due', () => {
  it('makes a task that runs, with the time at which it was due', async () => {
    const seen: unknown[] = [];
    const world = createWorld([greeting(async (_, { schedule: firing }) => seen.push(firing))]);
    const one = await schedule(world);
    world.advance(90);
    await fire(world);
    await invoke(world);
    const time = world.now - 30_000;
    expect(seen).toEqual([{ id: one.id, time: new Date(time).toISOString() }]);
    expect(await current(world, one)).toMatchObject({
      last: { time, at: world.now, outcome: 'fired' },
      nextAt: time + MINUTE,
      dueAt: time + MINUTE,
    });
  });

  it('fires at no other time, and not while it is paused', async () => {
    const world = createWorld([greet]);
    await schedule(world, { cadence: { rateMinutes: 3 } });
    const paused = await schedule(world);
    const { dueAt: _, ...rest } = paused;
    await world.ports.schedules.replace({ ...rest, revision: 2 });
    await minutes(world, 7);
    expect(timesOf(await tasksOf(world))).toEqual([3, 6].map((minute) => Date.UTC(2026, 0, 1) + minute * MINUTE));
  });

  it('has its tasks made where the queue takes none: the sweeper sends them', async () => {
    const world = createWorld([greet]);
    const { queue } = world.ports;
    const sendAll = queue.sendAll.bind(queue);
    queue.sendAll = async (outgoing) => new Set(outgoing.map(({ task }) => task.id));
    await schedule(world);
    await minutes(world, 1);
    queue.sendAll = sendAll;
    await sweep(world.now + MINUTE, { ...world.ports, due: world.ports.store });
    await invoke(world);
    expect(await statuses(world)).toEqual(['succeeded']);
  });

  it('does not keep another from its turn by a row that no table takes, and tries again', async () => {
    const world = createWorld([greet]);
    const bad = await schedule(world, { type: 'gone' });
    const { store } = world.ports;
    const insert = store.insert.bind(store);
    await schedule(world);
    store.insert = async () => Promise.reject(new Error('throttled'));
    await minutes(world, 1);
    expect(await statuses(world)).toEqual([]);
    store.insert = insert;
    await minutes(world, 1);
    expect(await statuses(world)).toEqual(['queued', 'queued']);
    expect(await lastOf(world, bad)).toMatchObject({
      outcome: 'refused',
      reason: 'unknown_task_type: this deployment has no task type gone',
    });
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'schedule not fired: the next run tries again' }),
    );
  });

  it('is one of thousands of one minute: a run makes so many, the next ones the rest', async () => {
    const world = createWorld([greet]);
    for (let count = 0; count < 7_000; count++) await schedule(world, { cadence: { rateMinutes: 1_000 } });
    world.advance(60_000);
    await fire(world);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'schedules fired', fired: 6_000 }));
    await minutes(world, 1);
    expect(await tasksOf(world)).toHaveLength(7_000);
  }, 60_000);

  it('waits for the next run where this one has no time left', async () => {
    const world = createWorld([greet]);
    await schedule(world);
    world.advance(60);
    await fire(world, world.ports, 0);
    expect(await tasksOf(world)).toEqual([]);
    await fire(world);
    expect(await tasksOf(world)).toHaveLength(1);
  });
});

describe('while the task before has not ended, overlap', () => {
  it('queue makes one more', async () => {
    const world = createWorld([greet]);
    await schedule(world, { overlap: 'queue' });
    await minutes(world, 3);
    expect(await statuses(world)).toEqual(['queued', 'queued', 'queued']);
  });

  it('skip makes none, counts it, and says which task that was', async () => {
    const world = createWorld([greet]);
    const one = await schedule(world, { overlap: 'skip' });
    await minutes(world, 3);
    const [task, ...others] = await tasksOf(world);
    expect(others).toEqual([]);
    expect(await current(world, one)).toMatchObject({
      skipped: 2,
      lastTaskId: task?.id,
      last: { outcome: 'skipped', time: world.now, reason: `the task before it, ${task?.id}, has not ended` },
    });
    await invoke(world);
    await minutes(world, 1);
    expect(await statuses(world)).toEqual(['succeeded', 'queued']);
  });

  it('cancel makes one in its place', async () => {
    const world = createWorld([greet]);
    await schedule(world, { overlap: 'cancel' });
    await minutes(world, 3);
    expect(await statuses(world)).toEqual(['cancelled', 'cancelled', 'queued']);
  });

  it('cancel lets one that runs end before the next begins', async () => {
    const world = createWorld([greet]);
    await schedule(world, { overlap: 'cancel' });
    await minutes(world, 1);
    const [task] = await tasksOf(world);
    if (task === undefined) throw new Error('nothing has fired');
    await world.ports.store.claim(task, { token: 'held' as never, expiresAt: world.now + MINUTE * 10 }, world.now);
    await minutes(world, 1);
    expect((await tasksOf(world))[0]).toMatchObject({ status: 'running', cancelRequestedAt: world.now });
    expect([...world.queue.messages.values()].map(({ visibleAt }) => visibleAt - world.now)).toEqual([-MINUTE, 10_000]);
  });
});

describe('after an outage', () => {
  const missedBy = async (missed: 'latest' | 'all', hours: number) => {
    const world = createWorld([greet]);
    await schedule(world, { missed, cadence: { rateMinutes: 60 } });
    world.advance(hours * 3_600 + 30);
    await fire(world);
    const tasks = timesOf(await tasksOf(world)).map((time) => (world.now - 30_000 - time) / (60 * MINUTE));
    return { tasks, world };
  };

  it('the latest of what was missed is made, and a line says that there was more', async () => {
    const { tasks, world } = await missedBy('latest', 5);
    expect(tasks).toEqual([0]);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'firings missed' }));
  });

  it('or all is made, the oldest first, some at a time, back to a day', async () => {
    expect((await missedBy('all', 5)).tasks).toEqual([4, 3, 2, 1, 0]);
    const { tasks, world } = await missedBy('all', 100);
    expect(tasks).toEqual(Array.from({ length: 20 }, (_, hour) => 23 - hour));
    await fire(world);
    expect(await tasksOf(world)).toHaveLength(24);
  });
});

describe('a firing that a submit would not be let in for', () => {
  it.each<[TenantLimits, string]>([
    [{ ratePerSecond: 1 }, 'rate_limited: the key is limited to 1 tasks a second'],
    [{ maxOpenTasks: 1 }, 'rate_limited: the key is limited to 1 open tasks'],
  ])('by %o of its key waits for the next run', async (limits, reason) => {
    const world = createWorld([greet]);
    const both = [await schedule(world, { limits }), await schedule(world, { limits })];
    const reasons = async () => (await Promise.all(both.map((one) => lastOf(world, one)))).map((last) => last?.reason);
    await minutes(world, 1);
    expect(await reasons()).toEqual([undefined, reason]);
    expect(await tasksOf(world)).toHaveLength(1);
    // The other was due for longer.
    await minutes(world, 1);
    expect(await tasksOf(world)).toHaveLength(2);
  });

  it('by its lane waits until that is open again, and is told', async () => {
    const world = createWorld([greet]);
    const one = await schedule(world, { cadence: { rateMinutes: 10 } });
    world.advance(540);
    await saturate(world, 'default/normal/0');
    await minutes(world, 1);
    expect(await lastOf(world, one)).toMatchObject({
      outcome: 'refused',
      reason: expect.stringMatching(/^lane_saturated: .* would wait 900 s$/),
    });
    expect(await current(world, one)).toMatchObject({ nextAt: world.now, dueAt: world.now + MINUTE });
    expect(world.recorded).toContainEqual({ of: 'default/normal/0', metric: 'refused', value: 1 });
    // What the governor has not said of late refuses nobody.
    world.advance(180);
    await minutes(world, 1);
    expect(await tasksOf(world)).toHaveLength(1);
  });

  it('is let in where nobody knows of lanes and limits', async () => {
    const world = createWorld([greet]);
    const broken = async () => Promise.reject(new Error('throttled'));
    await schedule(world, { limits: { ratePerSecond: 1, maxOpenTasks: 1 } });
    world.advance(60);
    await fire(world, {
      ...world.ports,
      snapshot: { read: broken },
      usage: { openTasks: broken },
      buckets: Object.assign(Object.create(world.ports.buckets), { draw: broken }),
    });
    expect(await tasksOf(world)).toHaveLength(1);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'limits of schedules not known: nobody is refused' }),
    );
  });
});
