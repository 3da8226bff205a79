import { orderOf } from '../../core/task/ids.ts';
import { statusAt, type Task } from '../../core/task/task.ts';
import {
  type TaskCount,
  type TaskFilter,
  type TaskPage,
  type TaskQuery,
  taskCountOf,
} from '../../core/task/task-list.ts';

/** Returns a page of those tasks that fit. */
export function pageOf(tasks: readonly Task[], { filter, limit, after }: TaskQuery, now: number): TaskPage {
  const fitting = tasks
    .filter((task) => fits(task, filter, now))
    .filter((task) => after === undefined || orderOf(task) < after)
    .toSorted((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
  const page = fitting.slice(0, limit);
  const last = page.at(-1);
  const summaries = page.map((task) => {
    const { input: _input, output: _output, onEnd: _, ...summary } = { output: undefined, ...task };
    return summary;
  });
  return { tasks: summaries, ...(last !== undefined && fitting.length > limit ? { next: orderOf(last) } : {}) };
}

/** Counts those tasks that fit. */
export const countOf = (tasks: readonly Task[], filter: TaskFilter, now: number): TaskCount =>
  taskCountOf(
    tasks.filter((task) => fits(task, filter, now)).map((task) => statusAt(task, now)),
    true,
  );

function fits(task: Task, filter: TaskFilter, now: number): boolean {
  const { status, type, assignee, workflowInstanceId, tag, createdFrom, createdTo, errorCode } = filter;
  return (
    (status === undefined || statusAt(task, now) === status) &&
    (type === undefined || task.type === type) &&
    (assignee === undefined || (task.assignee?.type === assignee.type && task.assignee.id === assignee.id)) &&
    (workflowInstanceId === undefined || task.workflowInstanceId === workflowInstanceId) &&
    (tag === undefined || task.tags?.includes(tag) === true) &&
    (createdFrom === undefined || task.createdAt >= createdFrom) &&
    (createdTo === undefined || task.createdAt < createdTo) &&
    (errorCode === undefined || (task.status === 'failed' && task.error.code === errorCode))
  );
}
