import { foundTask, taskIdParameter } from '../found-task.ts';
import type { Route } from '../route.ts';
import { taskSummarySchema } from '../task-view.ts';
import { pageOf } from './list-tasks.ts';

export const listSubtasks: Route = {
  operationId: 'listSubtasks',
  summary: 'List the subtasks of a task',
  parameters: [taskIdParameter],
  response: {
    status: 200,
    description: 'A page; no type makes subtasks yet',
    schema: () => pageOf(taskSummarySchema()),
  },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    await foundTask(request, caller, ports);
    return { status: 200, body: { items: [], nextCursor: null } };
  },
};
