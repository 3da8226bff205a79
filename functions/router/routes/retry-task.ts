import * as z from 'zod';
import { MAX_SUBTASKS } from '../../contract.ts';
import { BULK_ACTION_TYPE } from '../../core/bulk-action/bulk-action.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { findDefinition, inputVersionOf } from '../../core/definition/find-definition.ts';
import { type RetryRequest, retryTask as retry } from '../../core/fan-out/retry-task.ts';
import type { JsonValue } from '../../core/json.ts';
import { keepUntilOf, type Payload } from '../../core/task/payload.ts';
import type { Task } from '../../core/task/task.ts';
import { JsonBody, parseBody } from '../http/body.ts';
import { type FieldError, fieldErrors, orUnavailable, Problem } from '../http/problem.ts';
import type { Route, RouterPorts } from '../route.ts';
import { inputRoomBeside } from '../submit/on-end.ts';
import { checkSize, typeErrors, validateInput } from '../submit/submission.ts';
import { loadTask, noSuchTask, taskAnswer, taskIdParameter, taskSchema } from './task-view.ts';

const bodySchema = once(() =>
  z
    .strictObject({
      input: z.unknown().optional().describe("Another input, which the type's schema takes; the old one is kept"),
      subtasks: z
        .union([z.literal('failed'), z.literal('all'), z.array(z.string()).min(1).max(MAX_SUBTASKS)])
        .optional()
        .describe(
          'Of a task that was fanned out: which of its subtasks run again. `failed`, and nothing: all that have not succeeded. ' +
            'A list of ids: these. `all`: it is fanned out anew. With `failed` or a list, a task that has succeeded combines anew',
        ),
    })
    .meta({ id: 'Retry' }),
);

export const retryTask: Route = {
  operationId: 'retryTask',
  summary: 'Run a failed or cancelled task again',
  parameters: [taskIdParameter],
  requestBody: bodySchema,
  bodyIsOptional: true,
  response: {
    status: 202,
    description:
      'The task, queued with as many attempts as it was first given; attempts go on counting. Of one that was fanned out, the ' +
      'subtasks that have succeeded are kept, and the others run again; with another input all of them do. Of a subtask, it is ' +
      'the task at the top that is queued, and has it run again',
    schema: taskSchema,
  },
  problems: [
    'invalid_request',
    'not_found',
    'invalid_status',
    'payload_too_large',
    'unsupported_media_type',
    'unavailable',
  ],

  async handle(request, caller, ports) {
    const body = request.body.length === 0 ? new JsonBody({}) : parseBody(request);
    const found = await loadTask(request, caller, ports);
    if (found.type === BULK_ACTION_TYPE) throw bulkActionEnded();
    const asked = await parseRetry(body, found, ports);
    const answer = await orUnavailable(retry(found, asked, ports));
    if (answer.result === 'refused') {
      throw answer.code === 'not_found' ? noSuchTask() : new Problem('invalid_status', answer.reason);
    }
    return { status: 202, ...(await taskAnswer(answer.task, caller, ports)) };
  },
};

const bulkActionEnded = (): Problem =>
  new Problem('invalid_status', 'the task is of a bulk action, which has ended: ask for another');

/** Reads what a retry asks for. Throws the problem that names all that is wrong with it. */
async function parseRetry({ value, numberErrors }: JsonBody, task: Task, ports: RouterPorts): Promise<RetryRequest> {
  const parsed = bodySchema().safeParse(value);
  const hasInput = value !== null && typeof value === 'object' && 'input' in value;
  const errors = [
    ...numberErrors,
    ...(parsed.success ? [] : fieldErrors(parsed.error.issues)),
    ...(hasInput ? await inputErrors(value, task, ports) : []),
  ];
  if (hasInput && parsed.data?.subtasks !== undefined) {
    errors.push({ field: '/subtasks', message: 'is given beside input: with another input all subtasks are others' });
  }
  if (!parsed.success || errors.length > 0) {
    throw new Problem('invalid_request', 'the task cannot be retried like this', { errors });
  }
  const { input, subtasks } = parsed.data;
  return compact({
    input: hasInput ? () => keepInput(input as JsonValue, task, ports) : undefined,
    inputVersion: hasInput ? inputVersionOf(ports.catalog, task.type) : undefined,
    // One that is no id of a task is none of its subtasks.
    subtasks: subtasks as RetryRequest['subtasks'],
  });
}

async function inputErrors(body: { input: unknown }, { type }: Task, ports: RouterPorts): Promise<FieldError[]> {
  const definition = await findDefinition(ports.catalog, type);
  if (definition === undefined) return typeErrors(type, ports).map((error) => ({ ...error, field: '/input' }));
  const { errors } = await validateInput(body, definition);
  if (errors.length === 0) checkSize(body.input as JsonValue);
  return errors;
}

/** Keeps another input beside those before it: a second retry at once must not replace what the first one's attempts are given. */
function keepInput(
  input: JsonValue,
  task: Task,
  { payloads, ids, clock, retentionDays }: RouterPorts,
): Promise<Payload> {
  const { tenantId, id, onEnd, tags } = task;
  const name = `input-${ids.unique(clock())}`;
  const keepUntil = keepUntilOf(task, clock(), retentionDays);
  return orUnavailable(payloads.put(tenantId, id, name, input, keepUntil, inputRoomBeside(onEnd, tags)));
}
