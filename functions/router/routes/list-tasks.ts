import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { cursorOf, MAX_EXAMINED_TASKS, parseCursor } from '../../core/task/task-list.ts';
import { pageOf, pageParameters, pageShape, parseQuery, placeBehind } from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import { checkTaskFilter, taskFilterOf, taskFilterParameters, taskFilterShape } from '../http/task-filter.ts';
import type { Route } from '../route.ts';
import { summaryOf, taskSummarySchema } from './task-view.ts';

const querySchema = once(() => z.strictObject({ ...taskFilterShape(), ...pageShape() }).check(checkTaskFilter));

export const listTasks: Route = {
  operationId: 'listTasks',
  summary: 'List tasks, newest first',
  parameters: [...taskFilterParameters, ...pageParameters],
  response: {
    status: 200,
    description:
      'A page, without inputs and outputs; the last where nextCursor is null. Another is short, or empty, only where no more ' +
      `fit among ${MAX_EXAMINED_TASKS} tasks: then go on with its nextCursor`,
    schema: () => pageOf(taskSummarySchema()),
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const { limit, cursor, ...fields } = parseQuery(querySchema(), request);
    const filter = taskFilterOf(fields);
    const after = placeBehind(cursor, (text) => parseCursor(tenantId, filter, text));
    const { tasks, next } = await orUnavailable(ports.store.list({ tenantId, filter, limit, after }, ports.clock()));
    return {
      status: 200,
      body: {
        items: tasks.map((task) => summaryOf(task, ports)),
        nextCursor: next === undefined ? null : cursorOf(tenantId, filter, next),
      },
    };
  },
};
