import type { Route } from '../route.ts';
import { loadTask, loadTaskView, taskIdParameter, taskSchema } from './task-view.ts';

export const getTask: Route = {
  operationId: 'getTask',
  summary: 'Read a task with its output or error',
  parameters: [taskIdParameter],
  response: { status: 200, description: 'The task', schema: taskSchema },
  problems: ['not_found', 'answer_too_large', 'unavailable'],

  handle: async (request, caller, ports) => ({
    status: 200,
    body: await loadTaskView(await loadTask(request, caller, ports), ports),
  }),
};
