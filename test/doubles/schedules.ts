import { fireSchedules } from '../../functions/control/fire-schedules.ts';
import { nextTime } from '../../functions/core/schedule/cadence.ts';
import { type Schedule, scheduleIdOf } from '../../functions/core/schedule/schedule.ts';
import type { Task } from '../../functions/core/task/task.ts';
import { tenant } from './task-seed.ts';
import type { World } from './world.ts';

let made = 0;

/** Makes a schedule of `greet`, each minute from `now` on unless it is said otherwise, and keeps it nowhere. */
export async function scheduleAt(now: number, overrides: Partial<Schedule> = {}): Promise<Schedule> {
  const cadence = overrides.cadence ?? { cron: '* * * * *', timezone: 'UTC' };
  const nextAt = overrides.nextAt ?? (await nextTime({ cadence, createdAt: now }, now));
  return {
    id: scheduleIdOf(String(Date.now() * 1_000 + ++made).padStart(26, '0'), 0),
    tenantId: tenant('acme'),
    type: 'greet',
    input: { name: 'Ada' },
    cadence,
    overlap: 'queue',
    missed: 'latest',
    isOfDefinition: false,
    createdAt: now,
    revision: 1,
    nextAt,
    dueAt: nextAt,
    skipped: 0,
    ...overrides,
  };
}

/** Makes a schedule in a world. */
export async function schedule(world: World, overrides: Partial<Schedule> = {}): Promise<Schedule> {
  const id = scheduleIdOf(world.ports.ids.unique(world.now), 0);
  const one = await scheduleAt(world.now, { id, ...overrides });
  await world.ports.schedules.create(one);
  return one;
}

/** Runs the sweeper's part of schedules. */
export const fire = (world: World, ports: World['ports'] = world.ports, seconds = 45): Promise<void> =>
  fireSchedules(world.now + seconds * 1000, ports);

/** Returns a schedule as it is now. */
export async function current(world: World, { tenantId, id }: Schedule): Promise<Schedule> {
  const found = await world.ports.schedules.get(tenantId, id);
  if (found === undefined) throw new Error(`there is no schedule ${id}`);
  return found;
}

/** Returns the tasks of all schedules of a tenant, by when their firings were due. */
export async function tasksOf(world: World, tenantId = tenant('acme')): Promise<Task[]> {
  const { tasks } = await world.ports.store.list({ tenantId, filter: {}, limit: 1_000_000 }, world.now);
  const whole = await world.ports.store.getAll(
    tenantId,
    tasks.map(({ id }) => id),
    world.now,
  );
  return whole.toSorted((a, b) => (a.schedule?.time ?? 0) - (b.schedule?.time ?? 0));
}

/** Returns when the firings of tasks were due. */
export const timesOf = (tasks: readonly Task[]): number[] => tasks.map(({ schedule: firing }) => firing?.time ?? 0);
