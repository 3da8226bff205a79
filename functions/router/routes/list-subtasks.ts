import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { subtaskIdsOf } from '../../core/task/task.ts';
import { parseSubtaskCursor, subtaskCursorOf } from '../../core/task/task-list.ts';
import { pageOf, pageParameters, pageShape, parseQuery, placeBehind } from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { loadTask, summaryOf, taskIdParameter, taskSummarySchema } from './task-view.ts';

const querySchema = once(() => z.strictObject(pageShape()));

export const listSubtasks: Route = {
  operationId: 'listSubtasks',
  summary: 'List the subtasks of a task',
  parameters: [taskIdParameter, ...pageParameters],
  response: {
    status: 200,
    description: 'A page, in the order in which they were fanned out; none where the task was not',
    schema: () => pageOf(taskSummarySchema()),
  },
  problems: ['invalid_request', 'not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { tenantId } = caller;
    const { limit, cursor } = parseQuery(querySchema(), request);
    const parent = await loadTask(request, caller, ports);
    const first = placeBehind(cursor, (text) => parseSubtaskCursor(tenantId, parent.id, text)) ?? 0;
    const ids = subtaskIdsOf(parent);
    const page = ids.slice(first, first + limit);
    const tasks = await orUnavailable(ports.store.getAll(tenantId, page, ports.clock()));
    const byId = new Map(tasks.map((task) => [task.id, task]));
    const next = first + limit;
    return {
      status: 200,
      body: {
        // One that its executor is still making has no row yet.
        items: page.flatMap((id) => byId.get(id) ?? []).map((task) => summaryOf(task, ports)),
        nextCursor: next < ids.length ? subtaskCursorOf(tenantId, parent.id, next) : null,
      },
    };
  },
};
