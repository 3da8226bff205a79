import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { findDefinition } from '../../core/definition/find-definition.ts';
import type { JsonValue } from '../../core/json.ts';
import { cadenceProblem } from '../../core/schedule/cadence.ts';
import { DEFAULT_POLICIES, isOneOfMany, MISSED, OVERLAPS } from '../../core/schedule/policies.ts';
import { type Cadence, MAX_INPUT_BYTES, MAX_RATE_MINUTES, type Schedule } from '../../core/schedule/schedule.ts';
import type { JsonBody } from '../http/body.ts';
import { type FieldError, fieldErrors, Problem } from '../http/problem.ts';
import type { RouterPorts } from '../route.ts';
import { nameSchema } from '../routes/task-view.ts';
import { typeErrors, validateInput } from '../submit/submission.ts';

const shape = once(() => ({
  name: nameSchema(128),
  input: z.unknown().nonoptional().describe(`What the type's schema takes, in ${MAX_INPUT_BYTES} bytes`),
  cron: z.string().min(1).max(128).describe('Minute, hour, day of the month, month, day of the week; or rateMinutes'),
  timezone: z.string().min(1).max(64).describe('Of the IANA database, such as Europe/Berlin; UTC unless given'),
  rateMinutes: z.int().min(1).max(MAX_RATE_MINUTES).describe('Every so many minutes, from when it was made on'),
  overlap: z.enum(OVERLAPS).describe('While the task before has not ended: no firing, one more, or one in its place'),
  missed: z.enum(MISSED).describe('Which firings are made up for where several are past'),
}));

/** Describes what makes a schedule. */
export const createSchema = once(() => {
  const { name, input, cron, timezone, rateMinutes, overlap, missed } = shape();
  return z.strictObject({
    type: z.string().min(1).describe('One of those that GET /api/definitions lists'),
    input,
    cron: cron.optional(),
    timezone: timezone.optional(),
    rateMinutes: rateMinutes.optional(),
    overlap: overlap.default(DEFAULT_POLICIES.overlap),
    missed: missed.default(DEFAULT_POLICIES.missed),
    name: name.optional(),
  });
});

/** Describes what changes a schedule; its type stays. */
export const patchSchema = once(() => {
  const { name, input, cron, timezone, rateMinutes, overlap, missed } = shape();
  return z.strictObject({
    input: input.optional(),
    cron: cron.optional(),
    timezone: timezone.optional(),
    rateMinutes: rateMinutes.optional(),
    overlap: overlap.optional(),
    missed: missed.optional(),
    name: name.nullable().optional(),
  });
});

/** What of a schedule its owner says. */
export type ScheduleTerms = Pick<Schedule, 'type' | 'input' | 'cadence' | 'overlap' | 'missed'>;

type Given = {
  readonly cron?: string | undefined;
  readonly timezone?: string | undefined;
  readonly rateMinutes?: number | undefined;
};

/** Reads a body by its schema, and what it makes of the terms of a schedule. Throws the problem that names all that is wrong. */
export async function parseTerms<Body extends Given>(
  { value, numberErrors }: JsonBody,
  schema: z.ZodType<Body>,
  termsOf: (body: Body, cadence: Cadence | undefined) => Omit<ScheduleTerms, 'cadence'>,
  ports: RouterPorts,
  before?: Cadence,
): Promise<ScheduleTerms & { readonly body: Body }> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw invalidSchedule([...numberErrors, ...fieldErrors(parsed.error.issues)]);
  }
  const body = parsed.data;
  const { cadence, errors: cadenceErrors } = await cadenceOf(body, before);
  const terms = termsOf(body, cadence);
  const errors = [...numberErrors, ...cadenceErrors, ...ruleErrors(terms), ...(await inputErrors(terms, ports))];
  if (cadence === undefined || errors.length > 0) throw invalidSchedule(errors);
  return { ...terms, cadence, body };
}

const invalidSchedule = (errors: readonly FieldError[]): Problem =>
  new Problem('invalid_request', 'the schedule cannot be accepted as it is', { errors });

/** Returns the cadence that is given, what is not given of it being as before; and what is wrong with it. */
async function cadenceOf(
  { cron, timezone, rateMinutes }: Given,
  before: Cadence | undefined,
): Promise<{ readonly cadence: Cadence | undefined; readonly errors: FieldError[] }> {
  const wrong = (field: string, message: string) => ({ cadence: undefined, errors: [{ field, message }] });
  if (rateMinutes !== undefined) {
    if (cron !== undefined) return wrong('/rateMinutes', 'is given beside cron: give one of them');
    if (timezone !== undefined) return wrong('/timezone', 'is given beside rateMinutes: a rate is the same everywhere');
    return { cadence: { rateMinutes }, errors: [] };
  }
  const clock = before !== undefined && 'cron' in before ? before : undefined;
  if (cron === undefined && timezone === undefined && before !== undefined) return { cadence: before, errors: [] };
  const pattern = cron ?? clock?.cron;
  if (pattern === undefined) return wrong('/cron', 'is missing: give it, or rateMinutes');
  const cadence = { cron: pattern.trim(), timezone: timezone ?? clock?.timezone ?? 'UTC' };
  const problem = await cadenceProblem(cadence);
  return problem === undefined ? { cadence, errors: [] } : wrong(`/${problem.field}`, problem.message);
}

const ruleErrors = (terms: Omit<ScheduleTerms, 'cadence'>): FieldError[] =>
  isOneOfMany(terms)
    ? [{ field: '/missed', message: `all is for overlap queue: with ${terms.overlap} only one of them would run` }]
    : [];

/** Holds an input against the schema of its type, and its size against what a row has room for. */
async function inputErrors({ type, input }: Omit<ScheduleTerms, 'cadence'>, ports: RouterPorts): Promise<FieldError[]> {
  const definition = await findDefinition(ports.catalog, type);
  if (definition === undefined) return typeErrors(type, ports);
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > MAX_INPUT_BYTES) {
    const message = `takes ${bytes} bytes where ${MAX_INPUT_BYTES} fit: give a URL of the data instead`;
    return [{ field: '/input', message }];
  }
  return (await validateInput({ input }, definition)).errors;
}

/** Names what makes a schedule, for two requests with one key. */
export const termsValue = ({ type, input, cadence, overlap, missed }: ScheduleTerms, name?: string): JsonValue => [
  type,
  input,
  { ...cadence },
  overlap,
  missed,
  name ?? null,
];
