import { mapConcurrently } from '../core/concurrency.ts';
import type { JsonValue } from '../core/json.ts';
import type { Clock, Log } from '../core/ports.ts';
import { nextTime } from '../core/schedule/cadence.ts';
import { type DeclaredSchedule, schedulesOf } from '../core/schedule/declared-schedule.ts';
import type { Schedule, ScheduleStore } from '../core/schedule/schedule.ts';
import { changed } from '../core/schedule/transition.ts';
import { fingerprintOf } from '../core/task/fingerprint.ts';
import type { TenantId } from '../core/task/ids.ts';

export type DeployPorts = {
  readonly schedules: ScheduleStore;
  /** What the definitions of this deployment say. */
  readonly declared: readonly DeclaredSchedule[];
  /** Whose tasks they make, unless they say it. */
  readonly scheduleTenant: TenantId;
  readonly clock: Clock;
  readonly log: Log;
};

const PARALLEL = 10;

/** What a definition says of a schedule. */
type Terms = ReturnType<typeof schedulesOf>[number];

/**
 * Makes the schedules of definitions what they say: makes those that are new, changes those that are otherwise, and removes those
 * that are gone. Does nothing where the last deployment said the same. Which there are is noted before any is made, so that
 * whoever comes after a run that died, of this deployment or of another, knows all that may be there.
 */
export async function deploySchedules({ schedules, declared, scheduleTenant, clock, log }: DeployPorts): Promise<void> {
  const wanted = schedulesOf(declared, scheduleTenant);
  const digest = fingerprintOf(wanted as unknown as JsonValue);
  const before = await schedules.deployed();
  if (before.digest === digest || (before.digest === undefined && before.schedules.length + wanted.length === 0))
    return;
  const keys = wanted.map(({ tenantId, id }) => ({ tenantId, id }));
  const ids = new Set<string>(keys.map(({ id }) => id));
  const gone = before.schedules.filter(({ id }) => !ids.has(id));
  await schedules.keepDeployed({ schedules: [...keys, ...gone] });
  await mapConcurrently(wanted, PARALLEL, (terms) => deploy(terms, schedules, clock()));
  await mapConcurrently(gone, PARALLEL, ({ tenantId, id }) => schedules.remove(tenantId, id));
  await schedules.keepDeployed({ digest, schedules: keys });
  log('info', 'schedules deployed', { schedules: keys.length, removed: gone.length });
}

/** Makes one schedule what its definition says. Its times, its pause and what became of its firings stay. */
async function deploy(terms: Terms, schedules: ScheduleStore, now: number): Promise<void> {
  const found = await schedules.get(terms.tenantId, terms.id);
  const { input, cadence, overlap, missed, name } = terms;
  if (found === undefined) {
    await schedules.create(await newSchedule(terms, now));
    return;
  }
  const change = { input, cadence, overlap, missed, name, limits: undefined };
  if (fingerprintOf(termsOf(found)) === fingerprintOf(termsOf(terms))) return;
  if ((await schedules.replace(changed(found, change, found.nextAt))) === 'lost') {
    throw new Error(`the schedule ${terms.id} has changed meanwhile: the next run deploys it`);
  }
}

const termsOf = ({ input, overlap, missed, name }: Terms): JsonValue => [input, overlap, missed, name ?? null];

async function newSchedule(terms: Terms, now: number): Promise<Schedule> {
  const nextAt = await nextTime({ cadence: terms.cadence, createdAt: now }, now);
  return { ...terms, isOfDefinition: true, createdAt: now, revision: 1, nextAt, dueAt: nextAt, skipped: 0 };
}
