import { available } from '../available.ts';
import { noSuchTask, taskIdOf, taskIdParameter } from '../found-task.ts';
import { Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { taskSchema, taskView } from '../task-view.ts';

export const cancelTask: Route = {
  operationId: 'cancelTask',
  summary: 'Cancel a task',
  parameters: [taskIdParameter],
  response: {
    status: 202,
    description: 'The task: cancelled, or running with `cancelRequestedAt`, and no attempt follows that one',
    schema: taskSchema,
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const cancel = await available(ports.store.cancel(tenantId, taskIdOf(request), ports.clock()));
    if (cancel.result === 'missing') throw noSuchTask();
    if (cancel.result === 'finished') {
      throw new Problem('invalid_status', `the task is ${cancel.task.status}: there is nothing to cancel`);
    }
    if (cancel.result === 'cancelled') ports.meter.record(cancel.task.executorKey, 'cancelled', 1);
    return { status: 202, body: await taskView(cancel.task, ports) };
  },
};
