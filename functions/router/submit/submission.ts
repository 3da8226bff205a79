import * as z from 'zod';
import { MAX_ATTEMPTS, MAX_DELAY_SECONDS, PRIORITIES } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { findDefinition, type TaskDefinition, validated } from '../../core/define-task.ts';
import { type JsonValue, jsonValueOf } from '../../core/json.ts';
import { executorKeyFor, newTableShardOf } from '../../core/lane/routing.ts';
import { sentPart, submitFingerprint } from '../../core/task/fingerprint.ts';
import { taskIdOf, uniqueFromKey } from '../../core/task/ids.ts';
import { keptUntil, MAX_WIRE_BYTES, wireBytesOf } from '../../core/task/payload.ts';
import { type NewTask, newTask } from '../../core/task/task.ts';
import { effective } from '../../core/task-settings.ts';
import { type JsonBody, jsonBody } from '../http/body.ts';
import { type FieldError, fieldErrors, NOTHING_KEPT, noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Request, RouterPorts } from '../route.ts';
import { timeoutErrors } from '../routes/definitions.ts';
import { assigneeSchema, nameSchema } from '../routes/task-view.ts';
import { checkRate, chooseLane } from './admit.ts';
import { type Patience, patience } from './polled-value.ts';

/** What a submit asks for. */
export const submitSchema = once(() =>
  z.strictObject({
    type: z.string().min(1).describe('One of those that GET /api/definitions lists'),
    input: z.unknown().nonoptional().describe("What the type's schema takes"),
    priority: z.enum(PRIORITIES).optional().describe("The type's own unless given"),
    assignee: assigneeSchema().optional(),
    workflowInstanceId: nameSchema(128).optional(),
    delaySeconds: z.int().min(0).max(MAX_DELAY_SECONDS).optional().describe('Run so much later; not with runAt'),
    runAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Run then, within a year; at once if it is past; not with delaySeconds'),
    maxAttempts: z.int().min(1).max(MAX_ATTEMPTS).optional(),
    timeoutSeconds: z.int().min(1).optional().describe('For one attempt'),
  }),
);
type Submit = z.infer<ReturnType<typeof submitSchema>>;

/** A task that is ready to be queued, and its input. */
export type Submission = { readonly task: NewTask; readonly input: JsonValue; readonly isKeyed: boolean };

const IDEMPOTENCY_KEY = 'idempotency-key';

export const idempotencyKeyParameter = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description:
    'Submitting again with the same key and what means the same answers with the first task: 1 to 128 visible characters',
  schema: once(() => z.string().regex(/^[\x21-\x7e]{1,128}$/)),
} as const;

/** The key of a request; `undefined` where it has none. Throws the problem of one that cannot be a key. */
export function idempotencyKeyOf({ headers }: Request): string | undefined {
  const key = headers[IDEMPOTENCY_KEY];
  if (key === undefined || idempotencyKeyParameter.schema().safeParse(key).success) return key;
  throw invalid([{ field: 'Idempotency-Key', message: 'must have 1 to 128 visible ASCII characters' }]);
}

/** The JSON of a request that submits. One that cannot be read counts against its tenant's rate like a task. */
export async function submittedBody(request: Request, caller: Caller, ports: RouterPorts): Promise<JsonBody> {
  try {
    return jsonBody(request);
  } catch (problem) {
    await checkRate(undefined, undefined, patience(), caller, ports);
    throw problem;
  }
}

/**
 * Makes the task that `body` asks for, one of so many that came `together`, and stores its payload. Throws the problem
 * that names all that is wrong with it.
 */
export async function prepare(
  body: JsonBody,
  idempotencyKey: string | undefined,
  together: number,
  caller: Caller,
  ports: RouterPorts,
): Promise<Submission> {
  const { value } = body;
  const type = typeOf(value);
  const definition = type === undefined ? undefined : await findDefinition(ports.catalog, type);
  const within = patience();
  await checkRate(idempotencyKey, definition && usualExecutorKey(definition, caller, ports), within, caller, ports);
  const parsed = submitSchema().safeParse(value);
  const checked = definition && (await checkedInput(value as Partial<Submit>, definition));
  const errors = body.numberErrors.concat(
    parsed.success ? [] : fieldErrors(parsed.error.issues),
    definition === undefined || checked === undefined
      ? typeErrors(type, ports)
      : [...checked.errors, ...limitErrors(value as Partial<Submit>, definition, ports.clock())],
  );
  if (!parsed.success || definition === undefined || errors.length > 0) throw invalid(errors);
  const input = parsed.data.input as JsonValue;
  checkSize(input);
  const meant = idempotencyKey === undefined ? null : meaningOf(parsed.data, checked?.value);
  return {
    task: await taskOf(
      { submit: parsed.data, input, meant, definition },
      idempotencyKey,
      { together, within },
      caller,
      ports,
    ),
    input,
    isKeyed: idempotencyKey !== undefined,
  };
}

/** The name of a type, where there is one; without it there is nothing to hold the input against. */
function typeOf(value: unknown): string | undefined {
  const type = value !== null && typeof value === 'object' && 'type' in value ? value.type : undefined;
  return typeof type === 'string' && type !== '' ? type : undefined;
}

const typeErrors = (type: string | undefined, { catalog }: RouterPorts): FieldError[] =>
  type === undefined ? [] : [{ field: '/type', message: noSuch('task type', type, Object.keys(catalog)) }];

/** Where a task goes whose submit says no more than its type. */
const usualExecutorKey = (definition: TaskDefinition, { tenantId }: Caller, { executorShards }: RouterPorts): string =>
  executorKeyFor(definition, { tenantId, priority: definition.priority }, executorShards);

/** What the type's schema makes of the input, and what is wrong with it. */
async function checkedInput(submit: Partial<Submit>, definition: TaskDefinition) {
  // That it is missing has been said.
  if (!('input' in submit)) return { value: undefined, errors: [] };
  const checked = await validated(definition, submit.input);
  if (checked.issues === undefined) return { value: checked.value, errors: [] };
  return { value: undefined, errors: fieldErrors(checked.issues, '/input') };
}

/** What the schema cannot tell; of a submit that may be wrong otherwise. */
function limitErrors(submit: Partial<Submit>, { resources }: TaskDefinition, now: number): FieldError[] {
  const { timeoutSeconds, runAt, delaySeconds } = submit;
  const errors = timeoutErrors(timeoutSeconds, resources);
  if (runAt !== undefined && delaySeconds !== undefined) {
    errors.push({ field: '/runAt', message: 'is given beside delaySeconds: give one of them' });
  }
  if (typeof runAt === 'string' && Date.parse(runAt) > now + MAX_DELAY_SECONDS * 1000) {
    errors.push({ field: '/runAt', message: `is more than ${MAX_DELAY_SECONDS / 86_400} days ahead` });
  }
  return errors;
}

/** Far below the limit whatever its characters, an input need not be written out to be measured. */
const SURELY_SMALL_CHARACTERS = 10_000;

function checkSize(input: JsonValue): void {
  const json = JSON.stringify(input);
  if (json.length < SURELY_SMALL_CHARACTERS) return;
  const bytes = wireBytesOf(json);
  if (bytes <= MAX_WIRE_BYTES) return;
  throw new Problem(
    'payload_too_large',
    `the input takes ${bytes} bytes where ${MAX_WIRE_BYTES} fit: send a URL of the data instead`,
  );
}

/**
 * What a submit asks for, however it says it: the input with the defaults of its schema, no delay for one of none, an
 * instant for all texts of it. Its settings are its task's.
 */
function meaningOf(
  { priority: _, maxAttempts: _attempts, timeoutSeconds: _seconds, ...submit }: Submit,
  input: unknown,
) {
  const { delaySeconds = 0, runAt } = submit;
  const times = { delaySeconds, runAt: runAt === undefined ? undefined : Date.parse(runAt) };
  try {
    return jsonValueOf({ ...submit, ...times, input });
  } catch {
    // The schema has made of it what has no fingerprint, such as a Map.
    return jsonValueOf({ ...submit, ...times });
  }
}

/** Without a key nobody else can ask for the same id, so there is nothing to compare. */
const NO_FINGERPRINT = '-';

type Checked = {
  readonly submit: Submit;
  readonly input: JsonValue;
  readonly meant: JsonValue;
  readonly definition: TaskDefinition;
};

async function taskOf(
  { submit, input, meant, definition }: Checked,
  idempotencyKey: string | undefined,
  { together, within }: { readonly together: number; readonly within: Patience },
  caller: Caller,
  ports: RouterPorts,
): Promise<NewTask> {
  const { tenantId, limits } = caller;
  const { clock, ids, payloads, tracing, settings, retentionDays } = ports;
  const defaults = effective(definition, await settings.get(definition.type));
  const createdAt = clock();
  const runAt = runAtOf(submit, createdAt);
  const { assignee, workflowInstanceId } = submit;
  const isKeyed = idempotencyKey !== undefined;
  const id = taskIdOf(
    isKeyed ? uniqueFromKey(tenantId, idempotencyKey) : ids.unique(createdAt),
    newTableShardOf({ tenantId, workflowInstanceId }, isKeyed, ports.tableShards),
  );
  const priority = submit.priority ?? defaults.priority;
  const { type, resources } = definition;
  const fingerprint = isKeyed ? submitFingerprint(submit as JsonValue, meant) : NO_FINGERPRINT;
  const keepUntil = keptUntil(runAt ?? createdAt, retentionDays);
  const traceHeader = tracing.header();
  const own = executorKeyFor(definition, { tenantId, priority, workflowInstanceId }, ports.executorShards);
  const delaySeconds = Math.max(0, ((runAt ?? 0) - createdAt) / 1000);
  const executorKey = await chooseLane(
    { id, executorKey: own, isKeyed, delaySeconds, together },
    within,
    caller,
    ports,
  );
  return newTask({
    id,
    tenantId,
    type,
    resourceClass: resources,
    priority,
    executorKey,
    maxAttempts: submit.maxAttempts ?? defaults.maxAttempts,
    timeoutSeconds: submit.timeoutSeconds ?? defaults.timeoutSeconds,
    // Named by content: a second submit of one key must not replace what the first one's task runs on.
    input: await orUnavailable(
      payloads.put(tenantId, id, isKeyed ? `input-${sentPart(fingerprint)}` : 'input', input, keepUntil),
      NOTHING_KEPT,
    ),
    fingerprint,
    createdAt,
    ...compact({
      runAt,
      assignee,
      workflowInstanceId,
      traceHeader,
      limits: Object.keys(limits).length === 0 ? undefined : limits,
    }),
  });
}

/** When the task is to run, where that is later than now. */
function runAtOf({ delaySeconds = 0, runAt }: Submit, now: number): number | undefined {
  const time = runAt === undefined ? now + delaySeconds * 1000 : Date.parse(runAt);
  return time > now ? time : undefined;
}

const invalid = (errors: readonly FieldError[]): Problem =>
  new Problem('invalid_request', 'the task cannot be accepted as it is', { errors });
