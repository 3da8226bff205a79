import { propagateCancel } from '../../core/fan-out/propagate-cancel.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Route } from '../route.ts';
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
