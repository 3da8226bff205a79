import { compact } from '../../core/compact.ts';
import type { JsonValue } from '../../core/json.ts';
import { formerShardsOf, newTableShardOf } from '../../core/lane/routing.ts';
import { nextTime } from '../../core/schedule/cadence.ts';
import { type Schedule, scheduleIdOf } from '../../core/schedule/schedule.ts';
import { fingerprintOf } from '../../core/task/fingerprint.ts';
import { type TenantId, uniqueFromKey } from '../../core/task/ids.ts';
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
    const kept = (await madeBefore(schedule, key, ports)) ?? (await createOnce(schedule, ports));
    return {
      status: 201,
      headers: compact({
        location: `/api/schedules/${kept.id}`,
        'idempotent-replayed': kept === schedule ? undefined : 'true',
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
  const unique = key === undefined ? ids.unique(createdAt) : uniqueOf(tenantId, key);
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

/** Returns the unique part of the id of a key's schedule. No key has a line break: it is that of no task. */
const uniqueOf = (tenantId: TenantId, key: string): string => uniqueFromKey(tenantId, `schedule\n${key}`);

/** Returns the schedule that was made with the same key while there were fewer tables: its id has the shard of then. */
async function madeBefore(
  schedule: Schedule,
  key: string | undefined,
  { schedules, tableShards }: RouterPorts,
): Promise<Schedule | undefined> {
  if (key === undefined) return undefined;
  const { tenantId } = schedule;
  for (const shard of formerShardsOf(tenantId, tableShards)) {
    const found = await orUnavailable(schedules.get(tenantId, scheduleIdOf(uniqueOf(tenantId, key), shard)));
    if (found !== undefined) return sameSchedule(found, schedule);
  }
  return undefined;
}

/** Makes a schedule, or returns the one that was made with its key. */
async function createOnce(schedule: Schedule, { schedules }: RouterPorts): Promise<Schedule> {
  if ((await orUnavailable(schedules.create(schedule))) === 'created') return schedule;
  const found = await orUnavailable(schedules.get(schedule.tenantId, schedule.id));
  if (found === undefined) throw noSuchSchedule();
  return sameSchedule(found, schedule);
}

/** Returns the schedule that a key stands for. Throws where it was made otherwise. */
function sameSchedule(found: Schedule, schedule: Schedule): Schedule {
  if (found.fingerprint === schedule.fingerprint) return found;
  throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another request: schedule ${found.id}`);
}
