import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { nextTimes } from '../../core/schedule/cadence.ts';
import { MISSED, OVERLAPS } from '../../core/schedule/policies.ts';
import { isPaused, parseScheduleId, type Schedule } from '../../core/schedule/schedule.ts';
import { statusAt } from '../../core/task/task.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Parameter, Request, RouterPorts } from '../route.ts';
import { STATUSES } from '../routes/task-view.ts';

/** So many of its next times are shown. */
const SHOWN_TIMES = 5;

/** Describes a schedule as lists show it. */
export const scheduleSummarySchema = once(() => {
  const time = z.iso.datetime();
  return z
    .strictObject({
      id: z.string(),
      tenantId: z.string(),
      name: z.string().optional(),
      type: z.string(),
      cron: z.string().optional(),
      timezone: z.string().optional(),
      rateMinutes: z.int().optional(),
      overlap: z.enum(OVERLAPS),
      missed: z.enum(MISSED),
      paused: z.boolean(),
      source: z.enum(['api', 'definition']).describe('One of a definition is changed, and ends, with it'),
      createdAt: time,
      nextTime: time.optional().describe('When it fires next; missing while it is paused'),
      last: z
        .strictObject({
          time: time.describe('When the firing was due'),
          at: time.describe('When it became what it is'),
          outcome: z.enum(['fired', 'skipped', 'refused']),
          reason: z.string().optional().describe('Why it has no task'),
        })
        .optional()
        .describe('What became of the latest firing; one that was refused is tried again each minute'),
      lastTaskId: z.string().optional().describe('The task of the latest firing that has one'),
      skipped: z.int().describe('Firings that were not made, since the task before had not ended'),
    })
    .meta({ id: 'ScheduleSummary' });
});

/** Describes a schedule as the API shows it. */
export const scheduleSchema = once(() =>
  z
    .strictObject({
      ...scheduleSummarySchema().shape,
      input: z.unknown().optional().describe('Missing where the key may not read'),
      nextTimes: z.array(z.iso.datetime()).max(SHOWN_TIMES).describe('When it fires next; none while it is paused'),
      lastTaskStatus: z.enum(STATUSES).optional().describe('How that task is; missing where it is past its retention'),
    })
    .meta({ id: 'Schedule' }),
);

/** Shows a schedule without its input. */
export function scheduleSummary(schedule: Schedule): z.infer<ReturnType<typeof scheduleSummarySchema>> {
  const { id, tenantId, name, type, cadence, overlap, missed, createdAt, nextAt, last, lastTaskId, skipped } = schedule;
  return compact({
    id,
    tenantId,
    name,
    type,
    ...cadence,
    overlap,
    missed,
    paused: isPaused(schedule),
    source: schedule.isOfDefinition ? ('definition' as const) : ('api' as const),
    createdAt: isoTime(createdAt),
    nextTime: isPaused(schedule) ? undefined : isoTime(nextAt),
    last: last && { ...last, time: isoTime(last.time), at: isoTime(last.at) },
    lastTaskId,
    skipped,
  });
}

/** Shows a schedule to a caller, with its next times and how its last task is. */
export async function scheduleView(
  schedule: Schedule,
  { tenantId, scopes }: Caller,
  { store, clock }: RouterPorts,
): Promise<z.infer<ReturnType<typeof scheduleSchema>>> {
  const { nextAt, lastTaskId } = schedule;
  const later = isPaused(schedule) ? [] : [nextAt, ...(await nextTimes(schedule, nextAt, SHOWN_TIMES - 1))];
  const now = clock();
  const task = lastTaskId && (await orUnavailable(store.get(tenantId, lastTaskId, now)));
  return compact({
    ...scheduleSummary(schedule),
    input: scopes.includes('read') ? schedule.input : undefined,
    nextTimes: later.map(isoTime),
    lastTaskStatus: task && statusAt(task, now),
  });
}

export const scheduleIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  required: true,
  description: "The schedule's id",
  schema: () => z.string(),
};

export const noSuchSchedule = (): Problem => new Problem('not_found', 'there is no such schedule');

/** Reads the caller's schedule that the path names. Throws the problem of one that is not there, or is another tenant's. */
export async function loadSchedule(
  { parameters }: Request,
  { tenantId }: Caller,
  { schedules }: RouterPorts,
): Promise<Schedule> {
  const id = parseScheduleId(parameters.id ?? '');
  const found = id && (await orUnavailable(schedules.get(tenantId, id)));
  if (found === undefined) throw noSuchSchedule();
  return found;
}
