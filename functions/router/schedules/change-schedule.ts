import * as z from 'zod';
import type { JsonValue } from '../../core/json.ts';
import { nextTime } from '../../core/schedule/cadence.ts';
import { isPaused, type Schedule } from '../../core/schedule/schedule.ts';
import { changed, paused, resumed } from '../../core/schedule/transition.ts';
import { parseBody } from '../http/body.ts';
import { limitsOf } from '../http/caller.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Request, Route, RouterPorts } from '../route.ts';
import { parseTerms, patchSchema } from './schedule-body.ts';
import { loadSchedule, noSuchSchedule, scheduleIdParameter, scheduleSchema, scheduleView } from './schedule-view.ts';

/** A change is tried so often: each time it loses, a firing or another change has come in between. */
const TRIES = 5;

/** Makes something else of the schedule that the path names, and answers with what it is then. */
async function replaceSchedule(
  request: Request,
  caller: Caller,
  ports: RouterPorts,
  become: (schedule: Schedule) => Schedule | Promise<Schedule>,
) {
  for (let tries = 0; tries < TRIES; tries++) {
    const found = await loadSchedule(request, caller, ports);
    const schedule = await become(found);
    if (schedule === found || (await orUnavailable(ports.schedules.replace(schedule))) === 'replaced') {
      return { status: 200, body: await scheduleView(schedule, caller, ports) };
    }
  }
  return orUnavailable(Promise.reject(new Error(`${TRIES} changes of a schedule in a row were lost to others`)));
}

/** Throws where a schedule is a definition's: the next deploy would undo what is done to it. */
function refuseDefinitions({ isOfDefinition, type }: Schedule): void {
  if (!isOfDefinition) return;
  throw new Problem('invalid_status', `the schedule is of the definition of ${type}: change it there, or pause it`);
}

export const changeSchedule: Route = {
  operationId: 'changeSchedule',
  summary: 'Change a schedule; what is not given stays',
  parameters: [scheduleIdParameter],
  requestBody: patchSchema,
  response: {
    status: 200,
    description: 'The schedule; by another cron, time zone or rate it fires from now on',
    schema: scheduleSchema,
  },
  problems: [
    ...(['invalid_request', 'not_found', 'invalid_status', 'payload_too_large'] as const),
    ...(['unsupported_media_type', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    return replaceSchedule(request, caller, ports, async (schedule) => {
      refuseDefinitions(schedule);
      const { body: patch, ...terms } = await parseTerms(
        parseBody(request),
        patchSchema(),
        ({ input = schedule.input, overlap = schedule.overlap, missed = schedule.missed }) => ({
          type: schedule.type,
          input: input as JsonValue,
          overlap,
          missed,
        }),
        ports,
        schedule.cadence,
      );
      const { name = schedule.name } = patch;
      const isSameCadence = JSON.stringify(terms.cadence) === JSON.stringify(schedule.cadence);
      const nextAt = isSameCadence
        ? schedule.nextAt
        : await nextTime({ ...terms, createdAt: schedule.createdAt }, ports.clock());
      return changed(schedule, { ...terms, limits: limitsOf(caller), name: name ?? undefined }, nextAt);
    });
  },
};

export const deleteSchedule: Route = {
  operationId: 'deleteSchedule',
  summary: 'Delete a schedule; the tasks that it has made go on',
  parameters: [scheduleIdParameter],
  response: { status: 200, description: 'It is gone', schema: () => z.strictObject({ id: z.string() }) },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, caller, ports) {
    const schedule = await loadSchedule(request, caller, ports);
    refuseDefinitions(schedule);
    const removed = await orUnavailable(ports.schedules.remove(caller.tenantId, schedule.id));
    if (removed === 'missing') throw noSuchSchedule();
    return { status: 200, body: { id: schedule.id } };
  },
};

const pausing = (
  operationId: string,
  summary: string,
  become: (schedule: Schedule, now: number) => Schedule | Promise<Schedule>,
): Route => ({
  operationId,
  summary,
  parameters: [scheduleIdParameter],
  response: { status: 200, description: 'The schedule', schema: scheduleSchema },
  problems: ['not_found', 'unavailable'],
  handle: (request, caller, ports) =>
    replaceSchedule(request, caller, ports, (schedule) => become(schedule, ports.clock())),
});

export const pauseSchedule = pausing('pauseSchedule', 'Let a schedule fire no more, until it is resumed', (schedule) =>
  isPaused(schedule) ? schedule : paused(schedule),
);

export const resumeSchedule = pausing(
  'resumeSchedule',
  'Let a schedule fire again; what came due meanwhile is left out',
  async (schedule, now) => (isPaused(schedule) ? resumed(schedule, await nextTime(schedule, now)) : schedule),
);
