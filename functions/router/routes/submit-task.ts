import { compact } from '../../core/compact.ts';
import { keptTarget } from '../../core/webhook/end-target.ts';
import type { Caller, Response, Route, RouterPorts } from '../route.ts';
import { type Acceptance, accept } from '../submit/accept.ts';
import { chooseLane } from '../submit/admit.ts';
import { documentedSubmit } from '../submit/documented-submits.ts';
import { makeTask, parseSubmission, submittedBody } from '../submit/submission.ts';
import { resolveKey } from '../submit/submit-key.ts';
import { idempotencyKeyOf, idempotencyKeyParameter } from '../submit/submit-schema.ts';
import { taskAnswer, taskSchema, taskView } from './task-view.ts';

export const submitTask: Route = {
  operationId: 'submitTask',
  summary: 'Submit a task',
  parameters: [idempotencyKeyParameter],
  requestBody: documentedSubmit,
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
    const keyed = await resolveKey(submission.draft, submission.submitKey, ports);
    if ('earlier' in keyed) return acceptedResponse({ task: keyed.earlier, isReplay: true }, caller, ports);
    const task = await makeTask(submission, keyed.id, executorKey, ports);
    const acceptance = await accept(task, idempotencyKey !== undefined, ports);
    if (acceptance.task !== task) return acceptedResponse(acceptance, caller, ports);
    const { input, onEnd } = submission;
    const sent = { input, onEnd: onEnd && keptTarget(onEnd) };
    return { status: 202, headers: headersOf(acceptance), body: taskView(task, sent, ports) };
  },
};

const acceptedResponse = async (acceptance: Acceptance, caller: Caller, ports: RouterPorts): Promise<Response> => ({
  status: 202,
  headers: headersOf(acceptance),
  ...(await taskAnswer(acceptance.task, caller, ports)),
});

const headersOf = ({ task, isReplay }: Acceptance): Readonly<Record<string, string>> =>
  compact({ location: `/api/tasks/${task.id}`, 'idempotent-replayed': isReplay ? 'true' : undefined });
