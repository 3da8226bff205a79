import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import type { TaskFilter } from '../../core/task/task-list.ts';
import type { Parameter } from '../route.ts';
import { nameSchema, STATUSES, tagSchema } from '../routes/task-view.ts';
import { queryParameter, selectFields } from './page.ts';
import { timeTextSchema } from './time-schema.ts';

/** Describes the fields of a filter, as a query and a body have them. */
export const taskFilterShape = once(() => ({
  status: z.enum(STATUSES).optional(),
  type: nameSchema(128).optional(),
  assigneeType: nameSchema(64).optional(),
  assigneeId: nameSchema(128).optional(),
  workflowInstanceId: nameSchema(128).optional(),
  tag: tagSchema().optional(),
  createdFrom: timeTextSchema().optional(),
  createdTo: timeTextSchema().optional(),
  errorCode: nameSchema(64).optional(),
}));

const shapeSchema = once(() => z.strictObject(taskFilterShape()));
/** Holds what a request says of the tasks that it means. */
export type TaskFilterFields = z.infer<ReturnType<typeof shapeSchema>>;

/** Returns what is wrong with a filter that none of its fields tells by itself. */
export function checkTaskFilter({ value, issues }: z.core.ParsePayload<TaskFilterFields>): void {
  const { status, assigneeType, assigneeId, createdFrom, createdTo, errorCode } = value;
  const refuse = (field: keyof TaskFilterFields, message: string) =>
    issues.push({ code: 'custom', path: [field], message, input: value });
  if ((assigneeType === undefined) !== (assigneeId === undefined)) {
    refuse('assigneeId', 'assigneeType and assigneeId go together');
  }
  if (createdFrom !== undefined && createdTo !== undefined && Date.parse(createdFrom) >= Date.parse(createdTo)) {
    refuse('createdTo', 'must be later than createdFrom');
  }
  if (errorCode !== undefined && status !== undefined && status !== 'failed') {
    refuse('errorCode', 'is that of tasks that have failed: leave the status out, or give failed');
  }
}

/** Describes a filter. */
export const taskFilterSchema = once(() => shapeSchema().check(checkTaskFilter));

/** Returns the filter that such fields make. */
export function taskFilterOf({
  assigneeType,
  assigneeId,
  createdFrom,
  createdTo,
  ...rest
}: TaskFilterFields): TaskFilter {
  const { status, type, workflowInstanceId, tag, errorCode } = rest;
  return compact({
    status,
    type,
    assignee:
      assigneeType === undefined || assigneeId === undefined ? undefined : { type: assigneeType, id: assigneeId },
    workflowInstanceId,
    tag,
    createdFrom: createdFrom === undefined ? undefined : Date.parse(createdFrom),
    createdTo: createdTo === undefined ? undefined : Date.parse(createdTo),
    errorCode,
  });
}

const field = selectFields(shapeSchema);

/** Documents the fields of a filter as parameters of a query. */
export const taskFilterParameters: readonly Parameter[] = [
  queryParameter('status', 'Only those that are so', field('status')),
  queryParameter('type', 'Only of this type', field('type')),
  queryParameter('assigneeType', 'Only of this assignee; with assigneeId', field('assigneeType')),
  queryParameter('assigneeId', 'Only of this assignee; with assigneeType', field('assigneeId')),
  queryParameter('workflowInstanceId', 'Only of this workflow', field('workflowInstanceId')),
  queryParameter('tag', 'Only those with this tag', field('tag')),
  queryParameter('createdFrom', 'Only those that were created then or later', field('createdFrom')),
  queryParameter('createdTo', 'Only those that were created before then', field('createdTo')),
  queryParameter('errorCode', 'Only those that have failed with this code', field('errorCode')),
];
