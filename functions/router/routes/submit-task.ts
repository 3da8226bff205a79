import * as z from 'zod';
import { executorKeyOf, longestAttemptSeconds, MAX_ATTEMPTS, PRIORITIES } from '../../contract.ts';
import { findDefinition, type TaskDefinition } from '../../core/define-task.ts';
import { fingerprintOf } from '../../core/fingerprint.ts';
import { taskIdOf, uniqueFromKey } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import { MAX_WIRE_BYTES, wireBytesOf } from '../../core/payload.ts';
import { type QueuedTask, queuedTask, type Task } from '../../core/task.ts';
import { available } from '../available.ts';
import { jsonBody } from '../json-body.ts';
import { fieldErrors, Problem } from '../problem.ts';
import type { Caller, Request, Response, Route, RouterPorts } from '../route.ts';
import { assigneeSchema, nameSchema, taskSchema, taskView, viewOf } from '../task-view.ts';

const submitSchema = z.strictObject({
  type: z.string().min(1).describe('One of those that GET /api/definitions lists'),
  input: z.unknown().describe("What the type's schema takes"),
  priority: z.enum(PRIORITIES).optional().describe("The type's own unless given"),
  assignee: assigneeSchema.optional(),
  workflowInstanceId: nameSchema(128).optional(),
  maxAttempts: z.int().min(1).max(MAX_ATTEMPTS).optional(),
  timeoutSeconds: z.int().min(1).optional().describe('For one attempt'),
});
type Submit = z.infer<typeof submitSchema>;

const NOTHING_KEPT = 'the task could not be queued, and nothing was kept of it';
const IDEMPOTENCY_KEY = 'idempotency-key';
const idempotencyKeySchema = z.string().regex(/^[\x21-\x7e]{1,128}$/);

export const submitTask: Route = {
  summary: 'Submit a task',
  parameters: [
    {
      in: 'header',
      name: 'Idempotency-Key',
      required: false,
      description:
        'Submitting again with the same key and body answers with the first task: 1 to 128 visible characters',
      schema: idempotencyKeySchema,
    },
  ],
  requestBody: submitSchema,
  response: { status: 202, description: 'The task is accepted and will run', schema: taskSchema },
  problems: ['invalid_request', 'idempotency_conflict', 'payload_too_large', 'unsupported_media_type', 'unavailable'],

  async handle(request, caller, ports) {
    const submit = jsonBody(request, submitSchema);
    const definition = await definitionOf(submit.type, ports);
    const input = await validInput(submit, definition);
    const idempotencyKey = idempotencyKeyOf(request);
    const task = await newTask(submit, input, definition, idempotencyKey, caller, ports);
    return send(task, input, idempotencyKey !== undefined, ports);
  },
};

async function definitionOf(type: string, { catalog }: RouterPorts): Promise<TaskDefinition> {
  const definition = await findDefinition(catalog, type);
  if (definition !== undefined) return definition;
  const known = Object.keys(catalog).join(', ');
  throw invalid({ field: '/type', message: `there is no task type ${JSON.stringify(type)}; there are: ${known}` });
}

/** The input as it was sent, once its type's schema and the limits of its class agree. */
async function validInput({ input, timeoutSeconds }: Submit, definition: TaskDefinition): Promise<JsonValue> {
  const checked = await definition.input['~standard'].validate(input);
  const errors = checked.issues === undefined ? [] : fieldErrors(checked.issues, '/input');
  const longest = longestAttemptSeconds(definition.resources);
  if (timeoutSeconds !== undefined && timeoutSeconds > longest) {
    errors.push({
      field: '/timeoutSeconds',
      message: `an attempt of class ${definition.resources} may take ${longest} s`,
    });
  }
  if (errors.length > 0) throw invalid(...errors);
  const bytes = wireBytesOf(JSON.stringify(input));
  if (bytes <= MAX_WIRE_BYTES) return input as JsonValue;
  throw new Problem(
    'payload_too_large',
    `the input takes ${bytes} bytes where ${MAX_WIRE_BYTES} fit: send a URL of the data instead`,
  );
}

function idempotencyKeyOf({ headers }: Request): string | undefined {
  const key = headers[IDEMPOTENCY_KEY];
  if (key === undefined || idempotencyKeySchema.safeParse(key).success) return key;
  throw invalid({ field: 'Idempotency-Key', message: 'must have 1 to 128 visible ASCII characters' });
}

async function newTask(
  submit: Submit,
  input: JsonValue,
  definition: TaskDefinition,
  idempotencyKey: string | undefined,
  { tenantId }: Caller,
  { clock, ids, payloads, tracing }: RouterPorts,
): Promise<QueuedTask> {
  const createdAt = clock();
  const id = taskIdOf(
    idempotencyKey === undefined ? ids.unique(createdAt) : uniqueFromKey(tenantId, idempotencyKey),
    0,
  );
  const priority = submit.priority ?? definition.priority;
  const fingerprint = fingerprintOf(submit as JsonValue);
  const { assignee, workflowInstanceId } = submit;
  const traceId = tracing.traceId();
  return queuedTask({
    id,
    tenantId,
    type: definition.type,
    resourceClass: definition.resources,
    priority,
    executorKey: executorKeyOf(definition.resources, priority, 0),
    maxAttempts: submit.maxAttempts ?? definition.retry.maxAttempts,
    timeoutSeconds: submit.timeoutSeconds ?? definition.timeoutSeconds,
    // Named by content: a second submit of one key must not replace what the first one's task runs on.
    input: await available(payloads.put(tenantId, id, `input-${fingerprint}`, input), NOTHING_KEPT),
    fingerprint,
    createdAt,
    ...(assignee === undefined ? {} : { assignee }),
    ...(workflowInstanceId === undefined ? {} : { workflowInstanceId }),
    ...(traceId === undefined ? {} : { traceId }),
  });
}

/** Queue first: once the message is there the task will run, whatever becomes of its row. */
async function send(task: QueuedTask, input: JsonValue, isKeyed: boolean, ports: RouterPorts): Promise<Response> {
  await available(ports.queue.send(task, 0), NOTHING_KEPT);
  const found = await inserted(task, ports);
  if (found.fingerprint !== task.fingerprint) {
    throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another submit: task ${found.id}`);
  }
  // Without a key the id is nobody else's. A row with an attempt may be ours as well, claimed before our insert.
  const replayed = isKeyed && found !== task && (found.attempt === 0 || found.createdAt !== task.createdAt);
  if (!replayed) ports.meter.record(task.executorKey, 'accepted', 1);
  return {
    status: 202,
    headers: { location: `/api/tasks/${task.id}`, ...(replayed ? { 'idempotent-replayed': 'true' } : {}) },
    body:
      found === task
        ? viewOf(task, input, undefined, ports.queueNamePrefix)
        : await taskView(found, ports.payloads, ports.queueNamePrefix),
  };
}

/** The row of the task: ours, or the one that was there. A table that fails is no reason to refuse what is queued. */
async function inserted(task: QueuedTask, { store, log }: RouterPorts): Promise<Task> {
  try {
    const insert = await store.insert(task);
    return insert.result === 'exists' ? insert.task : task;
  } catch (error) {
    log('warn', 'row not written: the claim will write it', { task_id: task.id, reason: String(error) });
    return task;
  }
}

const invalid = (...errors: { field: string; message: string }[]): Problem =>
  new Problem('invalid_request', 'the task cannot be accepted as it is', { errors });
