import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import type { JsonValue } from '../../core/json.ts';
import { sendOrDefer } from '../../core/task/send-or-defer.ts';
import { type NewTask, newTask } from '../../core/task/task.ts';
import { classOf, type DeployedClasses } from '../../resource-classes.ts';
import type { Caller, Response, Route, RouterPorts } from '../route.ts';
import { type Acceptance, findEarlier, fitsQueue, queueDelayOf, recordAcceptance } from '../submit/accept.ts';
import { chooseLane } from '../submit/admit.ts';
import {
  idempotencyKeyOf,
  idempotencyKeyParameter,
  parseSubmission,
  storeInput,
  submitSchema,
  submittedBody,
} from '../submit/submission.ts';
import { embedded, inputJsonSchema } from './all-definitions.ts';
import { taskAnswer, taskSchema, taskView } from './task-view.ts';

export const submitTask: Route = {
  operationId: 'submitTask',
  summary: 'Submit a task',
  parameters: [idempotencyKeyParameter],
  requestBody: (definitions, classes) => ({ oneOf: definitions.map((one) => submitOfType(one, classes)) }),
  response: {
    status: 202,
    description: 'The task is accepted and will run',
    schema: taskSchema,
    headers: {
      Location: 'The path of the task',
      'Idempotent-Replayed': '`true` where the key had been used: the task is that of the first submit',
    },
  },
  problems: [
    ...(['invalid_request', 'idempotency_conflict', 'payload_too_large', 'unsupported_media_type'] as const),
    ...(['lane_saturated', 'rate_limited', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    const idempotencyKey = idempotencyKeyOf(request);
    const body = await submittedBody(request, caller, ports);
    const submission = await parseSubmission(body, idempotencyKey, caller, ports);
    const executorKey = await chooseLane(submission, 1, caller, ports);
    const task = newTask({ ...submission.draft, executorKey, input: await storeInput(submission, ports) });
    const acceptance =
      (await findEarlier(task, idempotencyKey, ports)) ?? (await accept(task, idempotencyKey !== undefined, ports));
    return acceptedResponse(acceptance, task, submission.input, caller, ports);
  },
};

/** Sends first: once the message is there the task will run, whatever becomes of its row. */
async function accept(task: NewTask, isKeyed: boolean, ports: RouterPorts): Promise<Acceptance> {
  const isSent = fitsQueue(task) && (await sendOrDefer(task, queueDelayOf(task), ports));
  return recordAcceptance(task, isKeyed, isSent, ports);
}

async function acceptedResponse(
  acceptance: Acceptance,
  submitted: NewTask,
  input: JsonValue,
  caller: Caller,
  ports: RouterPorts,
): Promise<Response> {
  const { task, isReplay } = acceptance;
  return {
    status: 202,
    headers: compact({ location: `/api/tasks/${task.id}`, 'idempotent-replayed': isReplay ? 'true' : undefined }),
    ...(task === submitted ? { body: taskView(task, { input }, ports) } : await taskAnswer(task, caller, ports)),
  };
}

/** Describes what a submit of one type takes, in JSON Schema: its own input, and the longest attempt of its class. */
function submitOfType(definition: TaskDefinition, classes: DeployedClasses) {
  const { type, description, resources } = definition;
  const { $schema: _, properties, ...schema } = z.toJSONSchema(submitSchema(), { io: 'input' });
  return {
    ...schema,
    title: type,
    description,
    properties: {
      ...properties,
      type: { const: type },
      input: embedded(type, inputJsonSchema(definition)),
      timeoutSeconds: { type: 'integer', minimum: 1, maximum: classOf(classes, resources).timeoutSeconds },
    },
    required: ['type', 'input'],
    not: { required: ['delaySeconds', 'runAt'] },
  };
}
