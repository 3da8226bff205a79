import { propagateEnd } from '../../core/fan-out/propagate-end.ts';
import type { CancelledTask } from '../../core/task/task.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Route, RouterPorts } from '../route.ts';
import { noSuchTask, parsePathId, taskAnswer, taskIdParameter, taskSchema } from './task-view.ts';

export const cancelTask: Route = {
  operationId: 'cancelTask',
  summary: 'Cancel a task',
  parameters: [taskIdParameter],
  response: {
    status: 202,
    description:
      'The task: cancelled with its subtasks, or running with `cancelRequestedAt`, and no attempt follows that one',
    schema: taskSchema,
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, caller, ports) {
    const cancel = await orUnavailable(ports.store.cancel(caller.tenantId, parsePathId(request), ports.clock()));
    if (cancel.result === 'missing') throw noSuchTask();
    if (cancel.result === 'finished') {
      throw new Problem('invalid_status', `the task is ${cancel.task.status}: there is nothing to cancel`);
    }
    if (cancel.result === 'cancelled') await propagateCancel(cancel.task, ports);
    return { status: 202, ...(await taskAnswer(cancel.task, caller, ports)) };
  },
};

/** Cancels the subtasks. What is left undone, the task's own message or the sweeper does: the task is cancelled either way. */
async function propagateCancel(task: CancelledTask, ports: RouterPorts): Promise<void> {
  try {
    await propagateEnd(task, ports);
  } catch (error) {
    ports.log('warn', 'cancel propagation failed: the sweeper will do it', { task_id: task.id, reason: String(error) });
  }
}
