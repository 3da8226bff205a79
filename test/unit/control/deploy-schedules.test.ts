import { describe, expect, it } from 'vitest';
import { deploySchedules } from '../../../functions/control/deploy-schedules.ts';
import type { DeclaredSchedule } from '../../../functions/core/schedule/declared-schedule.ts';
import { FrailProcess, STURDY } from '../../doubles/frail-process.ts';
import { fire, tasksOf, timesOf } from '../../doubles/schedules.ts';
import { greet } from '../../doubles/task-definitions.ts';
import { tenant } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const MINUTE = 60_000;
const each: DeclaredSchedule = { type: 'greet', cron: '* * * * *', timezone: 'Europe/Berlin', input: { name: 'Ada' } };
const rate: DeclaredSchedule = { type: 'greet', rateMinutes: 7, input: { name: 'Bob' } };
const scheduleTenant = tenant('acme');

const deploy = (world: World, declared: readonly DeclaredSchedule[], ports: World['ports'] = world.ports) =>
  deploySchedules({ ...ports, declared, scheduleTenant });
const listed = async (world: World, tenantId = scheduleTenant) =>
  (await world.ports.schedules.list(tenantId, 100)).schedules;
const inputs = async (world: World) => (await listed(world)).map(({ input }) => JSON.stringify(input)).toSorted();
const writesOf = (world: World): string[] => {
  const calls: string[] = [];
  const { schedules } = world.ports;
  for (const verb of ['create', 'replace', 'remove', 'keepDeployed'] as const) {
    const before = schedules[verb].bind(schedules) as (...args: unknown[]) => never;
    const counted = (...args: unknown[]): never => {
      calls.push(verb);
      return before(...args);
    };
    Object.assign(schedules, { [verb]: counted });
  }
  return calls;
};

describe('a deployment', () => {
  it('makes the schedules of its definitions, and does nothing where it finds them', async () => {
    const world = createWorld([greet]);
    await deploy(world, [each, rate, { ...rate, tenantId: 'bravo' }]);
    expect(await listed(world)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ isOfDefinition: true, overlap: 'queue', cadence: { rateMinutes: 7 } }),
      ]),
    );
    expect(await inputs(world)).toEqual(['{"name":"Ada"}', '{"name":"Bob"}']);
    expect(await listed(world, tenant('bravo'))).toHaveLength(1);
    const writes = writesOf(world);
    await deploy(world, [each, rate, { ...rate, tenantId: 'bravo' }]);
    expect(writes).toEqual([]);
  });

  it('without schedules writes nothing', async () => {
    const world = createWorld([greet]);
    const writes = writesOf(world);
    await deploy(world, []);
    expect(writes).toEqual([]);
  });

  it('changes what is otherwise, and leaves its times, its pause and its past', async () => {
    const world = createWorld([greet]);
    await deploy(world, [each, rate]);
    world.advance(60);
    await fire(world);
    const before = await listed(world);
    const paused = before.find(({ cadence }) => 'rateMinutes' in cadence);
    if (paused === undefined) throw new Error('it is not there');
    const { dueAt: _, ...rest } = paused;
    await world.ports.schedules.replace({ ...rest, revision: paused.revision + 1 });
    await deploy(world, [
      { ...rate, name: 'sevenths' },
      { ...each, overlap: 'skip', input: { name: 'Eve' } },
    ]);
    expect(await listed(world)).toEqual(
      before.map((one) =>
        one.id === paused.id
          ? { ...rest, name: 'sevenths', revision: 3 }
          : { ...one, overlap: 'skip', input: { name: 'Eve' }, revision: one.revision + 1 },
      ),
    );
  });

  it('ends what is gone, and begins anew what comes at another time', async () => {
    const world = createWorld([greet]);
    await deploy(world, [each, rate]);
    await deploy(world, [{ ...each, cron: '0 9 * * *' }]);
    expect(await listed(world)).toMatchObject([{ cadence: { cron: '0 9 * * *' }, revision: 1 }]);
    await deploy(world, []);
    expect(await listed(world)).toEqual([]);
    world.advance(86_400);
    await fire(world);
    expect(await tasksOf(world)).toEqual([]);
  });

  it('fires nothing twice, and leaves nothing out, however often and in whatever order it comes', async () => {
    const world = createWorld([greet]);
    const orders = [
      [each, rate],
      [rate, each],
      [{ ...each, overlap: 'skip' as const }, rate, { ...each, input: { name: 'two' } }],
    ];
    await deploy(world, [each]);
    for (let minute = 0; minute < 12; minute++) {
      world.advance(60);
      if (minute % 2 === 0) await deploy(world, orders[(minute / 2) % 3] ?? []);
      await fire(world);
      if (minute % 2 === 1) await deploy(world, orders[((minute + 1) / 2) % 3] ?? []);
      await fire(world);
    }
    const byId = Map.groupBy(await tasksOf(world), ({ schedule }) => schedule?.id);
    for (const tasks of byId.values()) expect(new Set(timesOf(tasks)).size).toBe(tasks.length);
    const longest = [...byId.values()].map((tasks) => timesOf(tasks)).toSorted((a, b) => b.length - a.length)[0];
    // The task before may be under way where it is to skip: of the others each minute has one.
    expect(longest?.length).toBeGreaterThanOrEqual(8);
  });

  it('that dies at any of its calls is made whole by the next, be that another one', async () => {
    for (const next of [[each, rate], [rate], []]) {
      for (let diesAt = 0; diesAt < 12; diesAt++) {
        const world = createWorld([greet]);
        await deploy(world, [{ ...each, cron: '@daily' }]);
        const frail = new FrailProcess({ ...STURDY, diesAt });
        await frail.until(deploy(world, [each, rate], frail.through(world.ports)));
        await deploy(world, next);
        expect([diesAt, await inputs(world)]).toEqual([
          diesAt,
          next.map(({ input }) => JSON.stringify(input)).toSorted(),
        ]);
      }
    }
  });

  it('may run twice at once', async () => {
    const world = createWorld([greet]);
    await Promise.all([deploy(world, [each, rate]), deploy(world, [each, rate])]);
    expect(await listed(world)).toHaveLength(2);
    world.now += MINUTE;
    await fire(world);
    expect(await tasksOf(world)).toHaveLength(1);
  });
});
