import { hash } from 'node:crypto';
import { parseTaskOrder, type TaskId, type TaskOrder, type TenantId } from './ids.ts';
import type { TaskStatus, TaskSummary } from './task.ts';

/** A list shows the tasks that fit all fields; one that is missing leaves all tasks in. */
export type TaskFilter = {
  readonly status?: TaskStatus | undefined;
  readonly type?: string | undefined;
  readonly assignee?: { readonly type: string; readonly id: string } | undefined;
  readonly workflowInstanceId?: string | undefined;
  readonly tag?: string | undefined;
  /** Created then or later, in milliseconds since the epoch. */
  readonly createdFrom?: number | undefined;
  /** Created before then. */
  readonly createdTo?: number | undefined;
  /** Failed with this code: the error of an attempt that is followed by another is not looked at. */
  readonly errorCode?: string | undefined;
};

export type TaskQuery = {
  readonly tenantId: TenantId;
  readonly filter: TaskFilter;
  /** The most tasks of a page. */
  readonly limit: number;
  /** The place behind which the page begins; from the newest task on, where it is missing. */
  readonly after?: TaskOrder | undefined;
};

/** No more tasks than this are looked at for one page, however few fit its filter. */
export const MAX_EXAMINED_TASKS = 1_000;

/**
 * The newest task comes first. A page is full, or the last, or all that fits among the next `MAX_EXAMINED_TASKS`, be that
 * nothing. Where it is not the last, `next` is there.
 */
export type TaskPage = { readonly tasks: readonly TaskSummary[]; readonly next?: TaskOrder };

/** A count is exact up to so many tasks that fit, as long as they are among the next so many of their index. */
export const MAX_COUNTED_TASKS = 10_000;
export const MAX_EXAMINED_FOR_COUNT = 20_000;

/** How many tasks fit a filter, by status. Where that is not exact, there are so many at least. */
export type TaskCount = {
  readonly total: number;
  readonly byStatus: Readonly<Record<TaskStatus, number>>;
  readonly isExact: boolean;
};

/** Lists and counts tasks. */
export interface TaskLists {
  /**
   * Returns a page of a tenant's tasks, the newest first. It reads in proportion to the page, whatever the filter leaves of
   * it.
   */
  list(query: TaskQuery, now: number): Promise<TaskPage>;
  /** Counts a tenant's tasks. It reads no more than `MAX_EXAMINED_FOR_COUNT` of them. */
  count(query: Pick<TaskQuery, 'tenantId' | 'filter'>, now: number): Promise<TaskCount>;
}

const NONE: TaskCount['byStatus'] = {
  scheduled: 0,
  queued: 0,
  running: 0,
  waiting: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
};

/** Counts the tasks that have these statuses, up to `MAX_COUNTED_TASKS`; `isAll` says whether there are no others that fit. */
export function taskCountOf(statuses: readonly TaskStatus[], isAll: boolean): TaskCount {
  const counted = statuses.slice(0, MAX_COUNTED_TASKS);
  const byStatus: Record<TaskStatus, number> = { ...NONE };
  for (const status of counted) byStatus[status]++;
  return { total: counted.length, byStatus, isExact: isAll && counted.length === statuses.length };
}

const CHECK_CHARACTERS = 16;

/**
 * Returns the place behind a page, for its caller to hand back. It fits one tenant and one filter. Whoever forges one reaches
 * nothing but another place in the same list, so its check needs no secret.
 */
export const cursorOf = (tenantId: TenantId, filter: TaskFilter, place: TaskOrder): string =>
  checkOf(tenantId, filter, place) + place;

/** Returns the place in a cursor; `undefined` unless it was made for this tenant and filter. */
export function parseCursor(tenantId: TenantId, filter: TaskFilter, cursor: string): TaskOrder | undefined {
  const place = parseTaskOrder(cursor.slice(CHECK_CHARACTERS));
  return place !== undefined && cursor === cursorOf(tenantId, filter, place) ? place : undefined;
}

function checkOf(tenantId: TenantId, filter: TaskFilter, place: TaskOrder): string {
  const { status, type, assignee, workflowInstanceId, tag, createdFrom, createdTo, errorCode } = filter;
  return check([
    ...[tenantId, status, type, assignee?.type, assignee?.id, workflowInstanceId],
    ...[tag, createdFrom, createdTo, errorCode, place],
  ]);
}

const check = (parts: readonly (string | number | undefined)[]): string =>
  hash('sha256', JSON.stringify(parts.map((part) => part ?? null)), 'base64url').slice(0, CHECK_CHARACTERS);

/** Returns the place behind a page of a task's subtasks. */
export const subtaskCursorOf = (tenantId: TenantId, parentId: TaskId, place: number): string =>
  check([tenantId, parentId, String(place)]) + place;

/** Returns the place in a cursor; `undefined` unless it was made for this task. */
export function parseSubtaskCursor(tenantId: TenantId, parentId: TaskId, cursor: string): number | undefined {
  const place = Number(cursor.slice(CHECK_CHARACTERS));
  return cursor === subtaskCursorOf(tenantId, parentId, place) ? place : undefined;
}
