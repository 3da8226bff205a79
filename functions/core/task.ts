import type { Priority, ResourceClass } from '../contract.ts';
import type { LeaseToken, TaskId, TenantId } from './ids.ts';
import type { Payload } from './payload.ts';

/** What every task has from the moment it is accepted. Times are milliseconds since the epoch. */
export type TaskSeed = {
  readonly id: TaskId;
  readonly tenantId: TenantId;
  readonly type: string;
  readonly resourceClass: ResourceClass;
  readonly priority: Priority;
  /** `<class>/<lane>/<shard>`: the executor and the lane that take it. */
  readonly executorKey: string;
  readonly maxAttempts: number;
  readonly timeoutSeconds: number;
  readonly input: Payload;
  /** SHA-256 of what the caller asked for, shortened; two submits of one id must agree in it. */
  readonly fingerprint: string;
  readonly createdAt: number;
  readonly assignee?: { readonly type: string; readonly id: string };
  readonly workflowInstanceId?: string;
  /** The X-Ray trace in which the task was submitted. */
  readonly traceId?: string;
};

export type TaskError = { readonly code: string; readonly message: string; readonly retryable: boolean };

type Attempted = TaskSeed & {
  /** Claims so far. Counted by `claim` and by nothing else. */
  readonly attempt: number;
};

export type QueuedTask = Attempted & {
  readonly status: 'queued';
  /** A claim before this loses with `not_due`. */
  readonly notBefore?: number;
  /** Why the last attempt failed. */
  readonly error?: TaskError;
};

export type RunningTask = Attempted & {
  readonly status: 'running';
  readonly leaseToken: LeaseToken;
  readonly leaseExpiresAt: number;
  readonly startedAt: number;
};

type Finished = Attempted & { readonly startedAt: number; readonly finishedAt: number };

export type SucceededTask = Finished & { readonly status: 'succeeded'; readonly output: Payload };

export type FailedTask = Finished & { readonly status: 'failed'; readonly error: TaskError };

export type Task = QueuedTask | RunningTask | SucceededTask | FailedTask;
export type FinishedTask = SucceededTask | FailedTask;

export const isFinished = (task: Task): task is FinishedTask => task.status === 'succeeded' || task.status === 'failed';

/** What of a task travels on its lane: all that no transition changes. */
export function seedOf(task: TaskSeed): TaskSeed {
  const { id, tenantId, type, resourceClass, priority, executorKey, maxAttempts, timeoutSeconds } = task;
  const { input, fingerprint, createdAt, assignee, workflowInstanceId, traceId } = task;
  return {
    ...{ id, tenantId, type, resourceClass, priority, executorKey, maxAttempts, timeoutSeconds },
    ...{ input, fingerprint, createdAt },
    ...(assignee === undefined ? {} : { assignee }),
    ...(workflowInstanceId === undefined ? {} : { workflowInstanceId }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** A task as it is accepted: no attempt yet. */
export const queuedTask = (seed: TaskSeed): QueuedTask => ({ ...seed, status: 'queued', attempt: 0 });
