import * as z from 'zod';
import { compact } from '../compact.ts';
import { once } from '../concurrency.ts';
import type { ScheduleEntry } from '../definition/schedule-entry.ts';
import type { JsonValue } from '../json.ts';
import { parseTenantId, type TenantId, uniqueFromKey } from '../task/ids.ts';
import { issueTexts } from '../zod-messages.ts';
import { cadenceProblem } from './cadence.ts';
import { DEFAULT_POLICIES, isOneOfMany, MISSED, type Missed, OVERLAPS, type Overlap } from './policies.ts';
import { type Cadence, MAX_INPUT_BYTES, MAX_RATE_MINUTES, type Schedule, scheduleIdOf } from './schedule.ts';

/** A schedule of a definition, as a synth has found it. */
export type DeclaredSchedule = ScheduleEntry & { readonly type: string; readonly input: JsonValue };

const entrySchema = once(() =>
  z.strictObject({
    cron: z.string().optional(),
    timezone: z.string().optional(),
    rateMinutes: z.int().min(1).max(MAX_RATE_MINUTES).optional(),
    input: z.unknown().nonoptional(),
    overlap: z.enum(OVERLAPS).optional(),
    missed: z.enum(MISSED).optional(),
    name: z.string().min(1).max(128).optional(),
    tenantId: z
      .string()
      .refine((text) => parseTenantId(text) !== undefined, 'must be up to 63 lower-case letters, digits and hyphens')
      .optional(),
  }),
);

const EXAMPLE = "[{ cron: '0 9 * * MON-FRI', timezone: 'Europe/Berlin', input: {} }]";

/**
 * Says what is wrong with what a definition says of its schedules, as `schedule...`; `undefined` where all of them can fire.
 * `inputProblem` says what the type's schema has against an input.
 */
export async function scheduleProblem(
  entries: unknown,
  inputProblem: (input: unknown) => Promise<string | undefined>,
): Promise<string | undefined> {
  if (entries === undefined) return undefined;
  if (!Array.isArray(entries)) return `schedule, which must be a list, such as ${EXAMPLE}`;
  for (const [place, entry] of entries.entries()) {
    const problem = await entryProblem(entry, inputProblem);
    if (problem !== undefined) return `schedule[${place}]${problem}`;
  }
  return undefined;
}

async function entryProblem(
  entry: unknown,
  inputProblem: (input: unknown) => Promise<string | undefined>,
): Promise<string | undefined> {
  const parsed = entrySchema().safeParse(entry);
  if (!parsed.success) return `, which cannot be read: ${issueTexts(parsed.error.issues)}`;
  const { cron, timezone, rateMinutes, input } = parsed.data;
  if ((cron === undefined) === (rateMinutes === undefined)) return ', which must have one of cron and rateMinutes';
  if (rateMinutes !== undefined && timezone !== undefined) return '.timezone, which is for cron: a rate has none';
  const problem = cron === undefined ? undefined : await cadenceProblem({ cron, timezone: timezone ?? 'UTC' });
  if (problem !== undefined)
    return `.${problem.field} ${JSON.stringify(parsed.data[problem.field])}, which ${problem.message}`;
  if (isOneOfMany(policiesOf(parsed.data))) return '.missed "all", which is for overlap "queue"';
  const json = JSON.stringify(input);
  if (json === undefined) return '.input, which is no JSON';
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_INPUT_BYTES) return `.input of ${bytes} bytes, where ${MAX_INPUT_BYTES} fit`;
  // What is made of it on its way, text of a date for instance, is what the task gets.
  const refusal = await inputProblem(JSON.parse(json));
  return refusal && `.input, which its schema refuses: ${refusal}`;
}

const policiesOf = ({
  overlap = DEFAULT_POLICIES.overlap,
  missed = DEFAULT_POLICIES.missed,
}: {
  readonly overlap?: Overlap | undefined;
  readonly missed?: Missed | undefined;
}) => ({ overlap, missed });

/** Returns when a schedule fires, which with its type and its tenant is what it is known by. */
const cadenceOf = ({ cron, timezone = 'UTC', rateMinutes }: DeclaredSchedule): Cadence =>
  cron === undefined ? { rateMinutes: rateMinutes ?? 1 } : { cron: cron.trim(), timezone };

/**
 * Returns the schedules of definitions, each without the times of its own. One that stays in its definition keeps its id, whatever stands
 * beside it there: those of one type, tenant and cadence are counted. Their tasks are in the first table, which every deployment
 * has.
 */
export function schedulesOf(
  declared: readonly DeclaredSchedule[],
  scheduleTenant: TenantId,
): Pick<Schedule, 'id' | 'tenantId' | 'name' | 'type' | 'input' | 'cadence' | 'overlap' | 'missed'>[] {
  const counts = new Map<string, number>();
  return declared.map((one) => {
    const tenantId = parseTenantId(one.tenantId ?? '') ?? scheduleTenant;
    const cadence = cadenceOf(one);
    const key = JSON.stringify([one.type, cadence, tenantId]);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return compact({
      id: scheduleIdOf(uniqueFromKey(tenantId, `definition\n${key}\n${count}`), 0),
      tenantId,
      name: one.name,
      type: one.type,
      input: one.input,
      cadence,
      ...policiesOf(one),
    });
  });
}
