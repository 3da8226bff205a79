import { MAX_DELAY_SECONDS } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import { findDefinition, inputVersionOf, validated } from '../../core/definition/find-definition.ts';
import { type JsonValue, jsonValueOf } from '../../core/json.ts';
import { executorKeyFor, newTableShardOf } from '../../core/lane/routing.ts';
import { sentPart, submitFingerprint, UNKEYED } from '../../core/task/fingerprint.ts';
import { type TaskId, taskIdOf, uniqueFromKey } from '../../core/task/ids.ts';
import { keepUntilOf, MAX_WIRE_BYTES, type Payload, wireBytesOf } from '../../core/task/payload.ts';
import { type NewTask, newTask, type TaskSeed } from '../../core/task/task.ts';
import { effective } from '../../core/task-settings.ts';
import { type EndTarget, keptTarget, targetOf } from '../../core/webhook/end-target.ts';
import { type JsonBody, parseBody } from '../http/body.ts';
import { limitsOf } from '../http/caller.ts';
import { type FieldError, fieldErrors, NOTHING_KEPT, noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Request, RouterPorts } from '../route.ts';
import { timeoutErrors } from '../routes/definitions.ts';
import { type AdmissionRequest, checkRate } from './admit.ts';
import { crowdedPart, MAX_MEMBERS } from './crowded-part.ts';
import { inputRoomBeside, onEndErrors, storeOnEnd } from './on-end.ts';
import { type Patience, patience } from './polled-value.ts';
import type { SubmitKey } from './submit-key.ts';
import { type bulkTaskSchema, invalidSubmit, type Submit, submitSchema } from './submit-schema.ts';

/** Holds a submit that asks for nothing wrong. Its lane and the place of its input are still to be found. */
export type Submission = AdmissionRequest & {
  readonly submitKey: SubmitKey | undefined;
  readonly draft: Omit<TaskSeed, 'executorKey' | 'input' | 'onEnd'>;
  readonly input: JsonValue;
  readonly onEnd: EndTarget | undefined;
};

/** Reads the JSON of a request that submits. One that cannot be read counts against its tenant's rate like a task. */
export async function submittedBody(request: Request, caller: Caller, ports: RouterPorts): Promise<JsonBody> {
  try {
    return parseBody(request);
  } catch (problem) {
    await checkRate(caller, ports);
    throw problem;
  }
}

/**
 * Reads the submit in `body`, after it has counted against its tenant's rate. Throws the problem that names all that is
 * wrong with it.
 */
export async function parseSubmission(
  body: JsonBody,
  idempotencyKey: string | undefined,
  caller: Caller,
  ports: RouterPorts,
  schema: typeof submitSchema | typeof bulkTaskSchema = submitSchema,
): Promise<Submission> {
  const type = typeNameOf(body.value);
  const definition = type === undefined ? undefined : await findDefinition(ports.catalog, type);
  const within = patience();
  const executorKey = definition && usualExecutorKey(definition, caller, ports);
  await checkRate(caller, ports, { idempotencyKey, executorKey, within });
  const valid = await validateSubmit(body, { schema, type, definition, idempotencyKey, caller }, ports);
  checkSize(valid.submit.input as JsonValue);
  return submissionOf(valid, idempotencyKey, within, caller, ports);
}

/** Returns the name of a type, where there is one; without it there is nothing to hold the input against. */
function typeNameOf(submit: unknown): string | undefined {
  const type = submit !== null && typeof submit === 'object' && 'type' in submit ? submit.type : undefined;
  return typeof type === 'string' && type !== '' ? type : undefined;
}

/** Returns the lane of a task whose submit says no more than its type. */
const usualExecutorKey = (definition: TaskDefinition, { tenantId }: Caller, { classes }: RouterPorts): string =>
  executorKeyFor(definition, { tenantId, priority: definition.priority }, classes);

type ValidSubmit = {
  readonly submit: Submit;
  readonly definition: TaskDefinition;
  /** What the type's schema has made of the input. */
  readonly parsedInput: unknown;
};

/** What is known of a submit before it is validated. */
type Expected = {
  readonly schema: typeof submitSchema | typeof bulkTaskSchema;
  readonly type: string | undefined;
  readonly definition: TaskDefinition | undefined;
  readonly idempotencyKey: string | undefined;
  readonly caller: Caller;
};

async function validateSubmit(
  { value, numberErrors }: JsonBody,
  { schema, type, definition, idempotencyKey, caller }: Expected,
  ports: RouterPorts,
): Promise<ValidSubmit> {
  const parsed = schema().safeParse(value);
  const checked = definition && (await validateInput(value as Partial<Submit>, definition));
  const errors = numberErrors.concat(
    parsed.success ? [] : fieldErrors(parsed.error.issues),
    definition === undefined || checked === undefined
      ? typeErrors(type, ports)
      : [...checked.errors, ...limitErrors(value as Partial<Submit>, definition, ports.clock(), ports)],
    keyErrors(value, idempotencyKey, definition?.retentionDays ?? ports.retentionDays),
    await onEndErrors(value, caller, ports),
  );
  if (!parsed.success || definition === undefined || errors.length > 0) throw invalidSubmit(errors);
  return { submit: parsed.data, definition, parsedInput: checked?.parsedInput };
}

/** Returns the error of a type that the deployment has not. */
export const typeErrors = (type: string | undefined, { catalog }: RouterPorts): FieldError[] =>
  type === undefined ? [] : [{ field: '/type', message: noSuch('task type', type, Object.keys(catalog)) }];

/** Holds the input of a submit, or of a retry, against the schema of its type. */
export async function validateInput(submit: Pick<Partial<Submit>, 'input'>, definition: TaskDefinition) {
  // The schema of a submit has said that it is missing.
  if (!('input' in submit)) return { parsedInput: undefined, errors: [] };
  const crowded = crowdedPart(definition.input, submit.input);
  if (crowded !== undefined) {
    const message = `has more than ${MAX_MEMBERS} members, which is too many for the schema of this type`;
    return { parsedInput: undefined, errors: [{ field: `/input${crowded}`, message }] };
  }
  const checked = await validated(definition, submit.input);
  if (checked.issues === undefined) return { parsedInput: checked.value, errors: [] };
  return { parsedInput: undefined, errors: fieldErrors(checked.issues, '/input') };
}

/** Returns what is wrong that the schema cannot tell; the submit may be wrong otherwise, too. */
function limitErrors(
  submit: Partial<Submit>,
  { resources }: TaskDefinition,
  now: number,
  { classes }: RouterPorts,
): FieldError[] {
  const { timeoutSeconds, runAt, delaySeconds } = submit;
  const errors = timeoutErrors(timeoutSeconds, resources, classes);
  if (runAt !== undefined && delaySeconds !== undefined) {
    errors.push({ field: '/runAt', message: 'is given beside delaySeconds: give one of them' });
  }
  if (typeof runAt === 'string' && Date.parse(runAt) > now + MAX_DELAY_SECONDS * 1000) {
    errors.push({ field: '/runAt', message: `is more than ${MAX_DELAY_SECONDS / 86_400} days ahead` });
  }
  return errors;
}

function keyErrors(submit: unknown, idempotencyKey: string | undefined, retentionDays: number): FieldError[] {
  const { idempotencyKeyTtlSeconds: ttlSeconds } = (submit ?? {}) as Partial<Submit>;
  const field = '/idempotencyKeyTtlSeconds';
  if (typeof ttlSeconds !== 'number') return [];
  if (idempotencyKey === undefined) return [{ field, message: 'is given, and no idempotency key' }];
  const most = retentionDays * 86_400;
  return ttlSeconds > most ? [{ field, message: `is more than ${most}: so long a task is kept` }] : [];
}

/** An input is below the limit whatever its characters are, and need not be written out to be measured. */
const SURELY_SMALL_CHARACTERS = 10_000;

/** Throws the problem of an input that would not be shown with its task. */
export function checkSize(input: JsonValue): void {
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
 * Names what was sent, and what it asks for however it says it: the input with the defaults of its schema, no delay for
 * one of none, an instant for all texts of it, tags in any order. The settings are left out, since the task has them, and so is the key.
 */
function fingerprintOfSubmit({ submit, parsedInput }: ValidSubmit): string {
  const { idempotencyKey: _key, idempotencyKeyTtlSeconds: _ttl, ...sent } = submit;
  const {
    priority: _,
    maxAttempts: _attempts,
    timeoutSeconds: _seconds,
    delaySeconds = 0,
    runAt,
    tags = [],
    ...rest
  } = sent;
  const onEnd = rest.onEnd && keptTarget(targetOf(rest.onEnd));
  const instant = runAt === undefined ? undefined : Date.parse(runAt);
  const sorted = tags.length === 0 ? undefined : tags.toSorted();
  const meant = { ...rest, onEnd, delaySeconds, runAt: instant, tags: sorted };
  return submitFingerprint(sent as JsonValue, meaningOf(meant, parsedInput));
}

function meaningOf(meant: object, parsedInput: unknown): JsonValue {
  try {
    return jsonValueOf({ ...meant, input: parsedInput });
  } catch {
    // The schema has made of the input what has no fingerprint, such as a Map.
    return jsonValueOf(meant);
  }
}

async function submissionOf(
  valid: ValidSubmit,
  idempotencyKey: string | undefined,
  within: Patience,
  caller: Caller,
  { clock, ids, tracing, settings, tableShards, classes, catalog }: RouterPorts,
): Promise<Submission> {
  const { submit, definition } = valid;
  const { tenantId } = caller;
  const defaults = effective(definition, await settings.get(definition.type));
  const createdAt = clock();
  const runAt = runAtOf(submit, createdAt);
  const { assignee, workflowInstanceId, tags = [], priority = defaults.priority } = submit;
  const { idempotencyKeyTtlSeconds: ttlSeconds } = submit;
  const isKeyed = idempotencyKey !== undefined;
  // A key with an end is to stand for one task after another.
  const derives = isKeyed && ttlSeconds === undefined;
  const unique = derives ? uniqueFromKey(tenantId, idempotencyKey) : ids.unique(createdAt);
  const draft = {
    id: taskIdOf(unique, newTableShardOf({ tenantId, workflowInstanceId }, derives, tableShards)),
    tenantId,
    type: definition.type,
    resourceClass: definition.resources,
    priority,
    maxAttempts: submit.maxAttempts ?? defaults.maxAttempts,
    timeoutSeconds: submit.timeoutSeconds ?? defaults.timeoutSeconds,
    fingerprint: isKeyed ? fingerprintOfSubmit(valid) : UNKEYED,
    createdAt,
    ...compact({
      inputVersion: inputVersionOf(catalog, definition.type),
      runAt,
      assignee,
      workflowInstanceId,
      tags: tags.length === 0 ? undefined : tags,
      traceHeader: tracing.header(),
      limits: limitsOf(caller),
      retentionDays: definition.retentionDays,
    }),
  };
  return {
    draft,
    input: submit.input as JsonValue,
    onEnd: submit.onEnd && targetOf(submit.onEnd),
    executorKey: executorKeyFor(definition, { tenantId, priority, workflowInstanceId }, classes),
    idempotencyKey,
    submitKey: isKeyed ? { key: idempotencyKey, ttlSeconds } : undefined,
    delaySeconds: Math.max(0, ((runAt ?? 0) - createdAt) / 1000),
    within,
  };
}

/** Makes the task of a submit that was let into a lane, once its input is stored. */
export async function makeTask(
  submission: Submission,
  id: TaskId,
  executorKey: string,
  ports: RouterPorts,
): Promise<NewTask> {
  const told = await storeOnEnd(submission, id, ports);
  const input = await storeInput(submission, id, inputRoomBeside(told.onEnd, submission.draft.tags), ports);
  return newTask({ ...submission.draft, id, executorKey, input, ...told });
}

/** Stores the input of a submit for as long as its task may need it. */
function storeInput(
  { draft, input, idempotencyKey }: Submission,
  id: TaskId,
  inlineBytes: number,
  ports: RouterPorts,
): Promise<Payload> {
  const { tenantId, fingerprint, createdAt, runAt = createdAt } = draft;
  // The input is named by its content: a second submit of one key must not replace what the first one's task runs on.
  const name = idempotencyKey === undefined ? 'input' : `input-${sentPart(fingerprint)}`;
  const keepUntil = keepUntilOf(draft, runAt, ports.retentionDays);
  return orUnavailable(ports.payloads.put(tenantId, id, name, input, keepUntil, inlineBytes), NOTHING_KEPT);
}

/** Returns when the task is to run, where that is later than now. */
function runAtOf({ delaySeconds = 0, runAt }: Submit, now: number): number | undefined {
  const time = runAt === undefined ? now + delaySeconds * 1000 : Date.parse(runAt);
  return time > now ? time : undefined;
}
