import { hash } from 'node:crypto';
import type { Priority, ResourceClass } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import type { Heartbeat } from '../../core/ports.ts';
import { type FiringRef, parseScheduleId } from '../../core/schedule/schedule.ts';
import {
  createdAtOf,
  type LeaseToken,
  orderOf,
  parseTaskId,
  parseTaskOrder,
  parseTenantId,
  type TaskId,
  type TenantId,
  tableShardOf,
} from '../../core/task/ids.ts';
import type { Payload } from '../../core/task/payload.ts';
import type {
  NewTask,
  ParentRef,
  Progress,
  Task,
  TaskError,
  TaskSeed,
  TaskStatus,
  TaskSummary,
} from '../../core/task/task.ts';
import { packedHeader, unpackedHeader } from '../../core/task/trace-header.ts';
import type { TenantLimits } from '../../core/tenant/tenant-limits.ts';
import { fanOutOf } from './fan-out-attribute.ts';
import { n, type Row, requiredIn, s } from './requests/row.ts';
import { togetherAttributes } from './task-usage.ts';

/** A tenant's rows are addressable only with its own id. */
export const pkOf = (tenantId: TenantId, taskId: TaskId): string => `${tenantId}#${taskId}`;
export const rowKey = (tenantId: TenantId, taskId: TaskId): Row => ({ pk: s(pkOf(tenantId, taskId)) });

/** How `byStatus` groups tasks: by how they ended, or are expected to end, and those that wait for the clock or for subtasks. */
export type StatusGroup = 'open' | 'succeeded' | 'failed' | 'cancelled';
export const STATUS_GROUPS: readonly StatusGroup[] = ['open', 'succeeded', 'failed', 'cancelled'];

/**
 * Returns the group that a task is put into when it gets this status. One that runs at once is put where nearly all end, so that
 * its entry is written once, and moves only if it ends otherwise.
 */
export function statusGroupOf(status: TaskStatus): StatusGroup {
  if (status === 'failed' || status === 'cancelled') return status;
  return status === 'scheduled' || status === 'waiting' ? 'open' : 'succeeded';
}

/** Returns the groups that may hold a task of this status: a claim and a wake-up leave it where it is. */
export const groupsWith = (status: TaskStatus): readonly StatusGroup[] =>
  status === 'queued' || status === 'running' ? ['open', 'succeeded'] : [statusGroupOf(status)];

/** Says whether a row is past its retention at `now`: TTL deletes it within days, not at once (DynamoDB, "TTL"). */
export const isExpired = ({ shownUntil, expiresAt }: Row, now: number): boolean =>
  Number((shownUntil ?? expiresAt)?.N ?? Number.POSITIVE_INFINITY) * 1000 <= now;

/**
 * Returns the partition of an index in which a task is listed. Readers ask all partitions, so that it matters only that tasks are
 * spread over them, and one hash does it, where `shardOf` takes one for each partition.
 */
export const indexShardOf = (id: TaskId, indexShards: number): number =>
  indexShards === 1 ? 0 : hash('sha256', id, 'buffer').readUInt32BE(0) % indexShards;

/** Returns the attributes by which the sweeper finds a task that waits for the clock. */
export const dueAttributes = (id: TaskId, dueAt: number, indexShards: number): Row => ({
  dueShard: s(String(indexShardOf(id, indexShards))),
  dueAt: n(dueAt),
});

/** Returns the partition of `due` in which the sweeper finds the tasks that are held while their type is paused. */
export const heldShardOf = (type: string): string => `paused/${type}`;

type PayloadName = 'input' | 'output' | 'subtasks' | 'onEnd';

/** Returns the attribute of a payload: its value under `name`, or its place under `<name>Ref`. */
export const payloadAttributes = (name: PayloadName, payload: Payload): Row =>
  'ref' in payload ? { [`${name}Ref`]: s(payload.ref) } : { [name]: s(JSON.stringify(payload.inline)) };

/** What a heartbeat sets in the row of its task. */
export const heartbeatAttributes = ({ progress, leaseExpiresAt }: Heartbeat): Row =>
  compact({
    progress: progress && n(progress.fraction),
    progressNote: progress?.note === undefined ? undefined : s(progress.note),
    leaseExpiresAt: leaseExpiresAt === undefined ? undefined : n(leaseExpiresAt),
  });

/**
 * Returns the attributes of an error. The code of one that is followed by another attempt has a name of its own, so that the index by
 * codes is written to by ends alone.
 */
export const errorAttributes = (error: TaskError, isEnd: boolean): Row => ({
  [isEnd ? 'errorCode' : 'lastErrorCode']: s(error.code),
  errorMessage: s(error.message),
  errorRetryable: { BOOL: error.retryable },
});

/**
 * Returns the attributes that a task has from the start and that no transition changes, without its key. Those that it does
 * not have are left out: a sparse index must not see them.
 */
export function seedAttributes(seed: TaskSeed, indexShards: number): Row {
  return compact({
    tenantId: s(seed.tenantId),
    type: s(seed.type),
    indexShard: n(indexShardOf(seed.id, indexShards)),
    priority: s(seed.priority),
    executorKey: s(seed.executorKey),
    maxAttempts: n(seed.maxAttempts),
    timeoutSeconds: n(seed.timeoutSeconds),
    retentionDays: seed.retentionDays === undefined ? undefined : n(seed.retentionDays),
    ...payloadAttributes('input', seed.input),
    schema: seed.inputVersion === undefined ? undefined : s(seed.inputVersion),
    fingerprint: s(seed.fingerprint),
    order: s(orderOf(seed)),
    runAt: seed.runAt === undefined ? undefined : n(seed.runAt),
    assigneeType: seed.assignee && s(seed.assignee.type),
    assigneeId: seed.assignee && s(seed.assignee.id),
    workflowInstanceId: seed.workflowInstanceId === undefined ? undefined : s(seed.workflowInstanceId),
    tags: seed.tags && s(seed.tags.join(' ')),
    parent: seed.parent && s(parentText(seed.parent)),
    schedule: seed.schedule && s(`${seed.schedule.id}/${seed.schedule.time}`),
    ...(seed.onEnd && payloadAttributes('onEnd', seed.onEnd)),
    trace: seed.traceHeader === undefined ? undefined : s(packedHeader(seed.traceHeader)),
    limits: seed.limits && s(`${seed.limits.ratePerSecond ?? ''}/${seed.limits.maxOpenTasks ?? ''}`),
  });
}

/** Returns what the attribute of a subtask says: `<id>/<attempt>/<index>/<depth>`. */
export const parentText = ({ id, attempt, index, depth }: ParentRef): string => [id, attempt, index, depth].join('/');

const text = (row: Row, name: string): string | undefined => row[name]?.S;
const number = (row: Row, name: string): number | undefined =>
  row[name]?.N === undefined ? undefined : Number(row[name].N);

const required = requiredIn('the task row');

/** Reads what `payloadAttributes` made. */
export function payload(row: Row, name: PayloadName): Payload {
  const ref = text(row, `${name}Ref`);
  return ref === undefined ? { inline: JSON.parse(required(text(row, name), name)) } : { ref };
}

function error(row: Row): TaskError | undefined {
  const code = text(row, 'errorCode') ?? text(row, 'lastErrorCode');
  if (code === undefined) return undefined;
  return {
    code,
    message: required(text(row, 'errorMessage'), 'errorMessage'),
    retryable: required(row.errorRetryable?.BOOL, 'errorRetryable'),
  };
}

function seed(row: Row): Omit<TaskSeed, 'input'> {
  const [tenant = '', id = ''] = required(text(row, 'pk'), 'pk').split('#');
  const executorKey = required(text(row, 'executorKey'), 'executorKey');
  const trace = text(row, 'trace');
  const parent = text(row, 'parent');
  const limits = text(row, 'limits');
  const schedule = text(row, 'schedule');
  return compact({
    id: required(parseTaskId(id), 'id'),
    tenantId: required(parseTenantId(tenant), 'tenantId'),
    type: required(text(row, 'type'), 'type'),
    resourceClass: executorKey.split('/')[0] as ResourceClass,
    priority: required(text(row, 'priority'), 'priority') as Priority,
    executorKey,
    maxAttempts: required(number(row, 'maxAttempts'), 'maxAttempts'),
    timeoutSeconds: required(number(row, 'timeoutSeconds'), 'timeoutSeconds'),
    retentionDays: number(row, 'retentionDays'),
    fingerprint: required(text(row, 'fingerprint'), 'fingerprint'),
    createdAt: createdAtOf(required(parseTaskOrder(text(row, 'order') ?? ''), 'order')),
    inputVersion: text(row, 'schema'),
    runAt: number(row, 'runAt'),
    assignee: assignee(row),
    workflowInstanceId: text(row, 'workflowInstanceId'),
    tags: text(row, 'tags')?.split(' '),
    parent: parent === undefined ? undefined : parentOf(parent),
    schedule: schedule === undefined ? undefined : firingOf(schedule),
    onEnd: row.onEnd === undefined && row.onEndRef === undefined ? undefined : payload(row, 'onEnd'),
    traceHeader: trace === undefined ? undefined : unpackedHeader(trace),
    limits: limits === undefined ? undefined : parseLimits(limits),
  });
}

function assignee(row: Row): TaskSeed['assignee'] {
  const type = text(row, 'assigneeType');
  return type === undefined ? undefined : { type, id: required(text(row, 'assigneeId'), 'assigneeId') };
}

/** Reads `<rate>/<open>`, either of which may be missing. */
function parseLimits(limits: string): TenantLimits {
  const [ratePerSecond, maxOpenTasks] = limits.split('/').map((limit) => (limit === '' ? undefined : Number(limit)));
  return compact({ ratePerSecond, maxOpenTasks });
}

/** Reads what `parentText` made. */
function parentOf(parent: string): ParentRef {
  const [id = '', ...numbers] = parent.split('/');
  const [attempt = Number.NaN, index = Number.NaN, depth = Number.NaN] = numbers.map(Number);
  return { id: required(parseTaskId(id), 'parent'), attempt, index, depth };
}

/** Reads `<id>/<time>`. */
function firingOf(firing: string): FiringRef {
  const [id = '', time] = firing.split('/');
  return { id: required(parseScheduleId(id), 'schedule'), time: Number(time) };
}

function progress(row: Row): Progress | undefined {
  const fraction = number(row, 'progress');
  return fraction === undefined ? undefined : compact({ fraction, note: text(row, 'progressNote') });
}

/** Reads a row back. Throws where the row is not one that this adapter wrote. */
export function taskOfRow(row: Row): Task {
  const summary = summaryOfRow(row);
  const task = { ...summary, input: payload(row, 'input') };
  return (task.status === 'succeeded' ? { ...task, output: payload(row, 'output') } : task) as Task;
}

/** Reads a row back without its payloads, which need not be there. */
export function summaryOfRow(row: Row): TaskSummary {
  const base = {
    ...seed(row),
    ...compact({ fanOut: fanOutOf(row), attemptsBeforeRetry: number(row, 'attemptsBeforeRetry') }),
    attempt: required(number(row, 'attempt'), 'attempt'),
  };
  const status = text(row, 'status') as Task['status'];
  const startedAt = () => required(number(row, 'startedAt'), 'startedAt');
  const finishedAt = () => required(number(row, 'finishedAt'), 'finishedAt');
  switch (status) {
    case 'scheduled':
      return { ...base, status, runAt: required(base.runAt, 'runAt') };
    case 'queued':
      return { ...base, status, ...compact({ notBefore: number(row, 'notBefore'), error: error(row) }) };
    case 'running':
      return {
        ...base,
        status,
        leaseToken: required(text(row, 'leaseToken'), 'leaseToken') as LeaseToken,
        leaseExpiresAt: required(number(row, 'leaseExpiresAt'), 'leaseExpiresAt'),
        startedAt: startedAt(),
        ...compact({ cancelRequestedAt: number(row, 'cancelRequestedAt'), progress: progress(row) }),
      };
    case 'waiting':
      return { ...base, status, startedAt: startedAt(), fanOut: required(base.fanOut, 'fanOut') };
    case 'succeeded':
      return { ...base, status, startedAt: startedAt(), finishedAt: finishedAt() };
    case 'failed':
      return {
        ...base,
        status,
        error: required(error(row), 'error'),
        startedAt: startedAt(),
        finishedAt: finishedAt(),
      };
    case 'cancelled':
      return { ...base, status, ...compact({ startedAt: number(row, 'startedAt') }), finishedAt: finishedAt() };
    default:
      throw new Error(`the task row has the unknown status ${String(status)}`);
  }
}

/** Returns the row of a task that nobody has claimed yet; with `dueAt`, of one that the sweeper has to send then. */
export const rowOfNew = (task: NewTask, dueAt: number | undefined, indexShards: number): Row => ({
  ...rowKey(task.tenantId, task.id),
  ...seedAttributes(task, indexShards),
  status: s(task.status),
  statusGroup: s(statusGroupOf(task.status)),
  attempt: n(task.attempt),
  ...togetherAttributes(task.submittedTogether),
  ...(dueAt === undefined ? {} : dueAttributes(task.id, dueAt, indexShards)),
});

/** How a deployment keeps its tasks. */
export type TaskTableOptions = {
  /** The tables by shard: a task's id says in which shard its row is. */
  readonly tableNames: readonly string[];
  /** Each index key is spread over so many partitions, one of which takes 1,000 writes/s (DynamoDB's documentation). */
  readonly indexShards: number;
  /** The table that lists tasks by their tags; for those who list. */
  readonly historyTable?: string | undefined;
  /** For so many days a finished task is shown. */
  readonly retentionDays: number;
};

/** The options that a reader of the tables needs. */
export type TaskTables = Omit<TaskTableOptions, 'retentionDays'>;

/** Returns the table of a task. Throws where the deployment has none: its id was made elsewhere. */
export function tableOf({ tableNames }: Pick<TaskTableOptions, 'tableNames'>, id: TaskId): string {
  const tableName = tableNames[tableShardOf(id)];
  if (tableName === undefined) throw new Error(`there is no table for the task ${id}`);
  return tableName;
}
