import * as z from 'zod';
import { once } from '../../core/concurrency.ts';
import { MAX_COUNTED_TASKS, MAX_EXAMINED_FOR_COUNT } from '../../core/task/task-list.ts';
import { parseQuery } from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import { taskFilterOf, taskFilterParameters, taskFilterSchema } from '../http/task-filter.ts';
import type { Route } from '../route.ts';

const countSchema = once(() => {
  const count = z.int().min(0).max(MAX_COUNTED_TASKS);
  return z
    .strictObject({
      total: count,
      byStatus: z.strictObject({
        scheduled: count,
        queued: count,
        running: count,
        waiting: count,
        succeeded: count,
        failed: count,
        cancelled: count,
      }),
      isExact: z
        .boolean()
        .describe(
          `Whether there are no others: so it is where no more than ${MAX_COUNTED_TASKS} fit, found among ${MAX_EXAMINED_FOR_COUNT} at most`,
        ),
    })
    .meta({ id: 'TaskCount' });
});

export const countTasks: Route = {
  operationId: 'countTasks',
  summary: 'Count tasks by status',
  parameters: taskFilterParameters,
  response: {
    status: 200,
    description: 'How many fit the filter; at least so many, where isExact is false',
    schema: countSchema,
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const filter = taskFilterOf(parseQuery(taskFilterSchema(), request));
    return { status: 200, body: await orUnavailable(ports.store.count({ tenantId, filter }, ports.clock())) };
  },
};
