import { runNow } from '../../core/schedule/transition.ts';
import { JsonBody } from '../http/body.ts';
import type { Route } from '../route.ts';
import { taskAnswer, taskSchema } from '../routes/task-view.ts';
import { accept } from '../submit/accept.ts';
import { chooseLane } from '../submit/admit.ts';
import { makeTask, parseSubmission } from '../submit/submission.ts';
import { resolveKey } from '../submit/submit-key.ts';
import { idempotencyKeyOf, idempotencyKeyParameter } from '../submit/submit-schema.ts';
import { loadSchedule, scheduleIdParameter } from './schedule-view.ts';

export const runSchedule: Route = {
  operationId: 'runSchedule',
  summary: 'Fire a schedule now, beside its own times, be it paused or its last task under way',
  parameters: [scheduleIdParameter, idempotencyKeyParameter],
  response: {
    status: 202,
    description: 'The task, as if it had been submitted: it is the one before for the next firing',
    schema: taskSchema,
    headers: { Location: 'The path of the task' },
  },
  problems: [
    ...(['invalid_request', 'not_found', 'idempotency_conflict', 'lane_saturated', 'rate_limited'] as const),
    'unavailable',
  ],

  async handle(request, caller, ports) {
    const { schedules, clock, log } = ports;
    const schedule = await loadSchedule(request, caller, ports);
    const { id, type, input } = schedule;
    const key = idempotencyKeyOf(request);
    const submission = await parseSubmission(new JsonBody({ type, input }), key, caller, ports);
    const executorKey = await chooseLane(submission, 1, caller, ports);
    const keyed = await resolveKey(submission.draft, submission.submitKey, ports);
    const time = clock();
    const acceptance =
      'earlier' in keyed
        ? { task: keyed.earlier, isReplay: true }
        : await accept(
            { ...(await makeTask(submission, keyed.id, executorKey, ports)), schedule: { id, time } },
            key !== undefined,
            ports,
          );
    if (!acceptance.isReplay) {
      // It has fired whatever becomes of this note.
      const noting = schedules.replace(runNow(schedule, { time, at: time, outcome: 'fired' }, acceptance.task.id));
      const result = await noting.catch((error: unknown) => String(error));
      if (result !== 'replaced') log('warn', 'run of a schedule not noted', { schedule_id: id, reason: result });
    }
    return {
      status: 202,
      headers: { location: `/api/tasks/${acceptance.task.id}` },
      ...(await taskAnswer(acceptance.task, caller, ports)),
    };
  },
};
