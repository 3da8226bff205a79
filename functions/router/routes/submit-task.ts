import * as z from 'zod';
import { longestAttemptSeconds } from '../../contract.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import { sendOrDefer } from '../../core/task/send-or-defer.ts';
import type { Caller, Response, Route, RouterPorts } from '../route.ts';
import { type Acceptance, earlierTask, fitsQueue, queueDelayOf, recordAcceptance } from '../submit/accept.ts';
import {
  idempotencyKeyOf,
  idempotencyKeyParameter,
  prepare,
  type Submission,
  submitSchema,
  submittedBody,
} from '../submit/submission.ts';
import { taskAnswer, taskSchema, viewOf } from './task-view.ts';

export const submitTask: Route = {
  operationId: 'submitTask',
  summary: 'Submit a task',
  parameters: [idempotencyKeyParameter],
  requestBody: (definitions) => ({ oneOf: definitions.map(submitOfType) }),
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
    const key = idempotencyKeyOf(request);
    const submission = await prepare(await submittedBody(request, caller, ports), key, 1, caller, ports);
    const acceptance = (await earlierTask(submission, ports)) ?? (await accept(submission, ports));
    return answerOf(acceptance, submission, caller, ports);
  },
};

/** Queue first: once the message is there the task will run, whatever becomes of its row. */
async function accept(submission: Submission, ports: RouterPorts): Promise<Acceptance> {
  const { task } = submission;
  return recordAcceptance(submission, fitsQueue(task) && (await sendOrDefer(task, queueDelayOf(task), ports)), ports);
}

async function answerOf(
  { task, isReplay }: Acceptance,
  submission: Submission,
  caller: Caller,
  ports: RouterPorts,
): Promise<Response> {
  return {
    status: 202,
    headers: { location: `/api/tasks/${task.id}`, ...(isReplay ? { 'idempotent-replayed': 'true' } : {}) },
    ...(task === submission.task
      ? { body: viewOf(task, submission.input, undefined, ports) }
      : await taskAnswer(task, caller, ports)),
  };
}

/** What a submit of one type takes, in JSON Schema: its own input, and the longest attempt of its class. */
function submitOfType({ type, description, input, resources }: TaskDefinition) {
  const { $schema: _, properties, ...schema } = z.toJSONSchema(submitSchema(), { io: 'input' });
  const { $schema: _draft, ...inputSchema } = input['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return {
    ...schema,
    title: type,
    description,
    properties: {
      ...properties,
      type: { const: type },
      // References of the type's own stay within it.
      input: JSON.stringify(inputSchema).includes('"$ref"')
        ? { $id: `urn:millrace:${type}`, ...inputSchema }
        : inputSchema,
      timeoutSeconds: { type: 'integer', minimum: 1, maximum: longestAttemptSeconds(resources) },
    },
    required: ['type', 'input'],
    not: { required: ['delaySeconds', 'runAt'] },
  };
}
