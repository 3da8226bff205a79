import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Priority, ResourceClass } from '../contract.ts';
import { type LeaseToken, parseTaskId, parseTenantId, type TaskId, type TenantId } from '../core/ids.ts';
import type { Payload } from '../core/payload.ts';
import { shardOf } from '../core/routing.ts';
import type { Task, TaskError, TaskSeed } from '../core/task.ts';

/** A row of the task table as the DynamoDB client reads and writes it. */
export type Row = Record<string, AttributeValue>;

const s = (value: string): AttributeValue => ({ S: value });
const n = (value: number): AttributeValue => ({ N: String(value) });

/** Attributes whose value is `undefined` are left out: a sparse index must not see them. */
function compact(row: Record<string, AttributeValue | undefined>): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as Row;
}

/** A tenant's rows are addressable only with its own id. */
export const rowKey = (tenantId: TenantId, taskId: TaskId): Row => ({ pk: s(`${tenantId}#${taskId}`) });

/** The group under which `byStatus` lists a task: claims and retries do not move it, so they cost no index write. */
export const statusGroupOf = (status: Task['status']): string =>
  status === 'queued' || status === 'running' ? 'open' : status;

/** Where a payload is: its value under `name`, or its place under `<name>Ref`. */
export const payloadAttributes = (name: 'input' | 'output', payload: Payload): Row =>
  'ref' in payload ? { [`${name}Ref`]: s(payload.ref) } : { [name]: s(JSON.stringify(payload.inline)) };

export const errorAttributes = (error: TaskError): Row => ({
  errorCode: s(error.code),
  errorMessage: s(error.message),
  errorRetryable: { BOOL: error.retryable },
});

/** The attributes that a task has from the start and that no transition changes, its key left out. */
export function seedAttributes(seed: TaskSeed, indexShards: number): Row {
  return compact({
    tenantId: s(seed.tenantId),
    type: s(seed.type),
    indexShard: n(shardOf(seed.id, indexShards)),
    priority: s(seed.priority),
    executorKey: s(seed.executorKey),
    maxAttempts: n(seed.maxAttempts),
    timeoutSeconds: n(seed.timeoutSeconds),
    ...payloadAttributes('input', seed.input),
    fingerprint: s(seed.fingerprint),
    createdAt: n(seed.createdAt),
    assigneeType: seed.assignee && s(seed.assignee.type),
    assigneeId: seed.assignee && s(seed.assignee.id),
    workflowInstanceId: seed.workflowInstanceId === undefined ? undefined : s(seed.workflowInstanceId),
    traceId: seed.traceId === undefined ? undefined : s(seed.traceId),
  });
}

const text = (row: Row, name: string): string | undefined => row[name]?.S;
const number = (row: Row, name: string): number | undefined =>
  row[name]?.N === undefined ? undefined : Number(row[name].N);

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the task row has no valid ${name}`);
  return value;
}

function payload(row: Row, name: 'input' | 'output'): Payload {
  const ref = text(row, `${name}Ref`);
  return ref === undefined ? { inline: JSON.parse(required(text(row, name), name)) } : { ref };
}

function error(row: Row): TaskError | undefined {
  const code = text(row, 'errorCode');
  if (code === undefined) return undefined;
  return {
    code,
    message: required(text(row, 'errorMessage'), 'errorMessage'),
    retryable: required(row.errorRetryable?.BOOL, 'errorRetryable'),
  };
}

function seed(row: Row): TaskSeed {
  const [tenant = '', id = ''] = required(text(row, 'pk'), 'pk').split('#');
  const executorKey = required(text(row, 'executorKey'), 'executorKey');
  const assigneeType = text(row, 'assigneeType');
  const workflowInstanceId = text(row, 'workflowInstanceId');
  const traceId = text(row, 'traceId');
  return {
    id: required(parseTaskId(id), 'id'),
    tenantId: required(parseTenantId(tenant), 'tenantId'),
    type: required(text(row, 'type'), 'type'),
    resourceClass: executorKey.split('/')[0] as ResourceClass,
    priority: required(text(row, 'priority'), 'priority') as Priority,
    executorKey,
    maxAttempts: required(number(row, 'maxAttempts'), 'maxAttempts'),
    timeoutSeconds: required(number(row, 'timeoutSeconds'), 'timeoutSeconds'),
    input: payload(row, 'input'),
    fingerprint: required(text(row, 'fingerprint'), 'fingerprint'),
    createdAt: required(number(row, 'createdAt'), 'createdAt'),
    ...(assigneeType === undefined
      ? {}
      : { assignee: { type: assigneeType, id: required(text(row, 'assigneeId'), 'assigneeId') } }),
    ...(workflowInstanceId === undefined ? {} : { workflowInstanceId }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** Reads a row back. Throws where the row is not one that this adapter wrote. */
export function taskOfRow(row: Row): Task {
  const base = { ...seed(row), attempt: required(number(row, 'attempt'), 'attempt') };
  const status = text(row, 'status') as Task['status'];
  const startedAt = () => required(number(row, 'startedAt'), 'startedAt');
  const finishedAt = () => required(number(row, 'finishedAt'), 'finishedAt');
  switch (status) {
    case 'queued': {
      const notBefore = number(row, 'notBefore');
      const lastError = error(row);
      return {
        ...base,
        status,
        ...(notBefore === undefined ? {} : { notBefore }),
        ...(lastError === undefined ? {} : { error: lastError }),
      };
    }
    case 'running':
      return {
        ...base,
        status,
        leaseToken: required(text(row, 'leaseToken'), 'leaseToken') as LeaseToken,
        leaseExpiresAt: required(number(row, 'leaseExpiresAt'), 'leaseExpiresAt'),
        startedAt: startedAt(),
      };
    case 'succeeded':
      return { ...base, status, output: payload(row, 'output'), startedAt: startedAt(), finishedAt: finishedAt() };
    case 'failed':
      return {
        ...base,
        status,
        error: required(error(row), 'error'),
        startedAt: startedAt(),
        finishedAt: finishedAt(),
      };
    default:
      throw new Error(`the task row has the unknown status ${String(status)}`);
  }
}
