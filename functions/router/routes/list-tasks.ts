import * as z from 'zod';
import { once } from '../../core/once.ts';
import { cursorOf, parseCursor, type TaskFilter } from '../../core/task-list.ts';
import { available } from '../available.ts';
import { fieldErrors, Problem } from '../problem.ts';
import type { Parameter, Route } from '../route.ts';
import { nameSchema, STATUSES, summaryOf, taskSummarySchema } from '../task-view.ts';

const DEFAULT_LIMIT = 25;

const limitSchema = () =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.int().min(1).max(100));

const querySchema = once(() =>
  z
    .strictObject({
      status: z.enum(STATUSES).optional(),
      type: nameSchema(128).optional(),
      assigneeType: nameSchema(64).optional(),
      assigneeId: nameSchema(128).optional(),
      workflowInstanceId: nameSchema(128).optional(),
      limit: limitSchema().default(DEFAULT_LIMIT),
      cursor: z.string().optional(),
    })
    .refine(({ assigneeType, assigneeId }) => (assigneeType === undefined) === (assigneeId === undefined), {
      path: ['assigneeId'],
      message: 'assigneeType and assigneeId go together',
    }),
);

const field = (name: keyof ReturnType<typeof querySchema>['shape']) => (): z.ZodType => querySchema().shape[name];

const parameter = (name: string, description: string, schema: () => z.ZodType): Parameter => ({
  in: 'query',
  name,
  required: false,
  description,
  schema,
});

/** A page of anything. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('For the parameter `cursor`; null on the last page'),
  });

const pageParameters: readonly Parameter[] = [
  parameter('limit', `Items of a page, at most; ${DEFAULT_LIMIT} unless given`, () =>
    z.int().min(1).max(100).optional(),
  ),
  parameter('cursor', 'The `nextCursor` of the page before, under the same filter', field('cursor')),
];

export const listTasks: Route = {
  operationId: 'listTasks',
  summary: 'List tasks, newest first',
  parameters: [
    parameter('status', 'Only those that are so', field('status')),
    parameter('type', 'Only of this type', field('type')),
    parameter('assigneeType', 'Only of this assignee; with assigneeId', field('assigneeType')),
    parameter('assigneeId', 'Only of this assignee; with assigneeType', field('assigneeId')),
    parameter('workflowInstanceId', 'Only of this workflow', field('workflowInstanceId')),
    ...pageParameters,
  ],
  response: {
    status: 200,
    description: 'A page, without inputs and outputs. It may be short, and is the last only where nextCursor is null',
    schema: () => pageOf(taskSummarySchema()),
  },
  problems: ['invalid_request', 'unavailable'],

  async handle({ query }, { tenantId }, ports) {
    const parsed = querySchema().safeParse(query);
    if (!parsed.success) throw invalid(fieldErrors(parsed.error.issues));
    const { assigneeType: assignedType, assigneeId: id, limit, cursor: given, ...rest } = parsed.data;
    const filter: TaskFilter = {
      ...rest,
      ...(assignedType === undefined || id === undefined ? {} : { assignee: { type: assignedType, id } }),
    };
    const after = given === undefined ? undefined : parseCursor(tenantId, filter, given);
    if (given !== undefined && after === undefined) {
      throw invalid([{ field: '/cursor', message: 'is not the nextCursor of a page with this filter' }]);
    }
    const { tasks, next } = await available(ports.store.list({ tenantId, filter, limit, after }, ports.clock()));
    return {
      status: 200,
      body: {
        items: tasks.map((task) => summaryOf(task, ports)),
        nextCursor: next === undefined ? null : cursorOf(tenantId, filter, next),
      },
    };
  },
};

/** In a query a field is a parameter, not a part of a document. */
const invalid = (errors: readonly { field: string; message: string }[]): Problem =>
  new Problem('invalid_request', 'the query is not what this call takes', {
    errors: errors.map(({ field, message }) => ({ field: field.slice(1), message })),
  });
