import { SWEEP_PERIOD_SECONDS } from '../../contract.ts';
import { BULK_ACTION_TYPE } from '../../core/bulk-action/bulk-action.ts';
import { propagateEnd } from '../../core/fan-out/propagate-end.ts';
import { keptUntil } from '../../core/task/payload.ts';
import { sendOrDefer } from '../../core/task/send-or-defer.ts';
import type { Task } from '../../core/task/task.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { loadTask, noSuchTask, taskAnswer, taskIdParameter, taskSchema } from './task-view.ts';

export const retryTask: Route = {
  operationId: 'retryTask',
  summary: 'Run a failed or cancelled task again',
  parameters: [taskIdParameter],
  response: {
    status: 202,
    description:
      'The task, queued with as many attempts as it was first given; attempts go on counting. One that was fanned out is ' +
      'fanned out anew: all its subtasks run again, those that had succeeded too',
    schema: taskSchema,
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, caller, ports) {
    const found = await loadTask(request, caller, ports);
    if (found.type === BULK_ACTION_TYPE) throw bulkActionEnded();
    if (found.status !== 'failed' && found.status !== 'cancelled') throw notRetryable(found);
    if (found.parent !== undefined) {
      throw new Problem('invalid_status', `the task is a subtask: retry its parent, ${found.parent.id}`);
    }
    // None of its subtasks may be left when it fans out anew.
    await orUnavailable(propagateEnd(found, ports));
    const now = ports.clock();
    // The input would expire too early for another life of the task.
    const keepUntil = keptUntil(now, found.retentionDays ?? ports.retentionDays);
    if ((await orUnavailable(ports.payloads.keep(found.input, keepUntil))) === 'missing') {
      throw new Problem('invalid_status', 'the input of the task is not kept any more: submit it as a new task');
    }
    if (found.onEnd !== undefined) await orUnavailable(ports.payloads.keep(found.onEnd, keepUntil));
    // The row comes before the message, unlike in a submit: a finished row would refuse the message.
    const dueAt = now + SWEEP_PERIOD_SECONDS * 1000;
    const retry = await orUnavailable(ports.store.retry(caller.tenantId, found.id, now, dueAt));
    if (retry.result === 'missing') throw noSuchTask();
    if (retry.result === 'refused') throw notRetryable(retry.task);
    await sendOrDefer(retry.task, 0, ports);
    return { status: 202, ...(await taskAnswer(retry.task, caller, ports)) };
  },
};

const bulkActionEnded = (): Problem =>
  new Problem('invalid_status', 'the task is of a bulk action, which has ended: ask for another');

const notRetryable = ({ status }: Task): Problem =>
  new Problem('invalid_status', `the task is ${status}: only a failed or cancelled one can be retried`);
