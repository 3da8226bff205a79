import { compact } from '../../core/compact.ts';
import type { JsonValue } from '../../core/json.ts';
import { newTableShardOf } from '../../core/lane/routing.ts';
import { nextTime } from '../../core/schedule/cadence.ts';
import { type Schedule, scheduleIdOf } from '../../core/schedule/schedule.ts';
import { fingerprintOf } from '../../core/task/fingerprint.ts';
import { uniqueFromKey } from '../../core/task/ids.ts';
import { limitsOf } from '../http/caller.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Route, RouterPorts } from '../route.ts';
import { checkRate } from '../submit/admit.ts';
import { submittedBody } from '../submit/submission.ts';
import { idempotencyKeyOf, idempotencyKeyParameter } from '../submit/submit-schema.ts';
import { createSchema, parseTerms, type ScheduleTerms, termsValue } from './schedule-body.ts';
import { noSuchSchedule, scheduleSchema, scheduleView } from './schedule-view.ts';

export const createSchedule: Route = {
  operationId: 'createSchedule',
  summary: 'Have a task made again and again',
  parameters: [idempotencyKeyParameter],
  requestBody: createSchema,
  response: {
    status: 201,
    description: 'The schedule, which fires from now on',
    schema: scheduleSchema,
    headers: {
      Location: 'The path of the schedule',
      'Idempotent-Replayed': '`true` where the key had been used: the schedule is that of the first request',
    },
  },
  problems: [
    ...(['invalid_request', 'idempotency_conflict', 'payload_too_large', 'unsupported_media_type'] as const),
    ...(['rate_limited', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    const key = idempotencyKeyOf(request);
    const body = await submittedBody(request, caller, ports);
    await checkRate(caller, ports);
    const parsed = await parseTerms(
      body,
      createSchema(),
      ({ type, input, overlap, missed }) => ({ type, input: input as JsonValue, overlap, missed }),
      ports,
    );
    const schedule = await scheduleOf(parsed, parsed.body.name, key, caller, ports);
    const created = await orUnavailable(ports.schedules.create(schedule));
    const kept = created === 'created' ? schedule : await sameSchedule(schedule, ports);
    return {
      status: 201,
      headers: compact({
        location: `/api/schedules/${kept.id}`,
        'idempotent-replayed': created === 'created' ? undefined : 'true',
      }),
      body: await scheduleView(kept, caller, ports),
    };
  },
};

async function scheduleOf(
  { type, input, cadence, overlap, missed }: ScheduleTerms,
  name: string | undefined,
  key: string | undefined,
  caller: Caller,
  { clock, ids, tableShards }: RouterPorts,
): Promise<Schedule> {
  const { tenantId } = caller;
  const createdAt = clock();
  // No key has a line break: it is the id of no task.
  const unique = key === undefined ? ids.unique(createdAt) : uniqueFromKey(tenantId, `schedule\n${key}`);
  const nextAt = await nextTime({ cadence, createdAt }, createdAt);
  return {
    id: scheduleIdOf(unique, newTableShardOf({ tenantId }, true, tableShards)),
    tenantId,
    type,
    input,
    cadence,
    overlap,
    missed,
    isOfDefinition: false,
    createdAt,
    revision: 1,
    nextAt,
    dueAt: nextAt,
    skipped: 0,
    ...compact({
      name,
      limits: limitsOf(caller),
      fingerprint: key && fingerprintOf(termsValue({ type, input, cadence, overlap, missed }, name)),
    }),
  };
}

/** Returns the schedule that was made with the same key. Throws where it was made otherwise. */
async function sameSchedule(schedule: Schedule, { schedules }: RouterPorts): Promise<Schedule> {
  const found = await orUnavailable(schedules.get(schedule.tenantId, schedule.id));
  if (found === undefined) throw noSuchSchedule();
  if (found.fingerprint === schedule.fingerprint) return found;
  throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another request: schedule ${found.id}`);
}
