import { compact } from '../../../core/compact.ts';
import type { Missed, Overlap } from '../../../core/schedule/policies.ts';
import {
  type Cadence,
  type LastFiring,
  parseScheduleId,
  type Schedule,
  type ScheduleId,
} from '../../../core/schedule/schedule.ts';
import { parseTaskId, parseTenantId, type TenantId } from '../../../core/task/ids.ts';
import { n, type Row, requiredIn, s } from '../requests/row.ts';

/** A tenant's schedules are addressable only with its own id. */
export const schedulePk = (tenantId: TenantId, id: ScheduleId): string => `${tenantId}#${id}`;

/**
 * All that are due are one partition of the index: it takes 1,000 writes a second (DynamoDB's documentation), and a firing makes
 * two, of which the sweeper makes fewer.
 */
export const DUE_SHARD = s('0');

/** Returns the row of a schedule; one that is paused has no place in the index of what is due. */
export const rowOfSchedule = (schedule: Schedule): Row =>
  compact({
    pk: s(schedulePk(schedule.tenantId, schedule.id)),
    tenantId: s(schedule.tenantId),
    id: s(schedule.id),
    name: schedule.name === undefined ? undefined : s(schedule.name),
    type: s(schedule.type),
    input: s(JSON.stringify(schedule.input)),
    ...cadenceAttributes(schedule.cadence),
    overlap: s(schedule.overlap),
    missed: s(schedule.missed),
    ofDefinition: schedule.isOfDefinition ? { BOOL: true } : undefined,
    limits: schedule.limits && s(JSON.stringify(schedule.limits)),
    createdAt: n(schedule.createdAt),
    fingerprint: schedule.fingerprint === undefined ? undefined : s(schedule.fingerprint),
    revision: n(schedule.revision),
    nextAt: n(schedule.nextAt),
    ...(schedule.dueAt === undefined ? {} : { dueAt: n(schedule.dueAt), dueShard: DUE_SHARD }),
    last: schedule.last && s(JSON.stringify(schedule.last)),
    lastTaskId: schedule.lastTaskId === undefined ? undefined : s(schedule.lastTaskId),
    skipped: n(schedule.skipped),
  });

const cadenceAttributes = (cadence: Cadence): Row =>
  'cron' in cadence
    ? { cron: s(cadence.cron), timezone: s(cadence.timezone) }
    : { rateMinutes: n(cadence.rateMinutes) };

const required = requiredIn('the row of a schedule');

/** Reads a row back. Throws where it is not one that this adapter wrote. */
export function scheduleOfRow(row: Row): Schedule {
  const text = (name: string): string => required(row[name]?.S, name);
  const number = (name: string): number => Number(required(row[name]?.N, name));
  return {
    id: required(parseScheduleId(text('id')), 'id'),
    tenantId: required(parseTenantId(text('tenantId')), 'tenantId'),
    type: text('type'),
    input: JSON.parse(text('input')),
    cadence:
      row.cron === undefined
        ? { rateMinutes: number('rateMinutes') }
        : { cron: text('cron'), timezone: text('timezone') },
    overlap: text('overlap') as Overlap,
    missed: text('missed') as Missed,
    isOfDefinition: row.ofDefinition?.BOOL === true,
    createdAt: number('createdAt'),
    revision: number('revision'),
    nextAt: number('nextAt'),
    skipped: number('skipped'),
    ...compact({
      name: row.name?.S,
      fingerprint: row.fingerprint?.S,
      limits: row.limits?.S === undefined ? undefined : JSON.parse(row.limits.S),
      dueAt: row.dueAt?.N === undefined ? undefined : Number(row.dueAt.N),
      last: row.last?.S === undefined ? undefined : (JSON.parse(row.last.S) as LastFiring),
      lastTaskId: row.lastTaskId?.S === undefined ? undefined : parseTaskId(row.lastTaskId.S),
    }),
  };
}
