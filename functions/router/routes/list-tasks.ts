import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { cursorOf, MAX_EXAMINED_TASKS, parseCursor, type TaskFilter } from '../../core/task/task-list.ts';
import {
  invalidCursor,
  pageOf,
  pageParameters,
  pageShape,
  parseQuery,
  queryParameter,
  selectFields,
} from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { nameSchema, STATUSES, summaryOf, taskSummarySchema } from './task-view.ts';

const querySchema = once(() =>
  z
    .strictObject({
      status: z.enum(STATUSES).optional(),
      type: nameSchema(128).optional(),
      assigneeType: nameSchema(64).optional(),
      assigneeId: nameSchema(128).optional(),
      workflowInstanceId: nameSchema(128).optional(),
      ...pageShape(),
    })
    .refine(({ assigneeType, assigneeId }) => (assigneeType === undefined) === (assigneeId === undefined), {
      path: ['assigneeId'],
      message: 'assigneeType and assigneeId go together',
    }),
);

const field = selectFields(querySchema);

export const listTasks: Route = {
  operationId: 'listTasks',
  summary: 'List tasks, newest first',
  parameters: [
    queryParameter('status', 'Only those that are so', field('status')),
    queryParameter('type', 'Only of this type', field('type')),
    queryParameter('assigneeType', 'Only of this assignee; with assigneeId', field('assigneeType')),
    queryParameter('assigneeId', 'Only of this assignee; with assigneeType', field('assigneeId')),
    queryParameter('workflowInstanceId', 'Only of this workflow', field('workflowInstanceId')),
    ...pageParameters,
  ],
  response: {
    status: 200,
    description:
      'A page, without inputs and outputs; the last where nextCursor is null. Another is short, or empty, only where no more ' +
      `fit among ${MAX_EXAMINED_TASKS} tasks: then go on with its nextCursor`,
    schema: () => pageOf(taskSummarySchema()),
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const query = parseQuery(querySchema(), request);
    const { assigneeType, assigneeId, limit, cursor, ...rest } = query;
    const assignee =
      assigneeType === undefined || assigneeId === undefined ? undefined : { type: assigneeType, id: assigneeId };
    const filter: TaskFilter = compact({ ...rest, assignee });
    const after = cursor === undefined ? undefined : parseCursor(tenantId, filter, cursor);
    if (cursor !== undefined && after === undefined) throw invalidCursor();
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
