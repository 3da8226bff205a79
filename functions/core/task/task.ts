import type { Priority, ResourceClass } from '../../contract.ts';
import { compact } from '../compact.ts';
import type { FiringRef } from '../schedule/schedule.ts';
import type { TenantLimits } from '../tenant/tenant-limits.ts';
import { type LeaseToken, subtaskIdOf, type TaskId, type TenantId } from './ids.ts';
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
  /** How many days it is kept after its end, where its type says so: otherwise as the deployment says. */
  readonly retentionDays?: number;
  readonly input: Payload;
  /** The version of its type's input schema that has taken the input, where that is known. */
  readonly inputVersion?: string;
  /** Names what the caller asked for; two submits of one id must agree in it. */
  readonly fingerprint: string;
  readonly createdAt: number;
  /** When it was asked to run, where that was not at once. */
  readonly runAt?: number;
  readonly assignee?: { readonly type: string; readonly id: string };
  readonly workflowInstanceId?: string;
  /** Words by which its submit wants it to be found. Its subtasks are found by it, and have none. */
  readonly tags?: readonly string[];
  /** The task whose subtask this one is. */
  readonly parent?: ParentRef;
  /** The firing that it is the task of, or a subtask of that. */
  readonly schedule?: FiringRef;
  /** Whom its submit has asked to be told of its end, as `core/webhook/end-target.ts` keeps it; its subtasks are not told. */
  readonly onEnd?: Payload;
  /** Names the trace in which the task was submitted, and which all its attempts join: `Root=…;Parent=…;Sampled=1`. */
  readonly traceHeader?: string;
  /** The limits of the key that it was submitted with, where that has any: its subtasks count against them. */
  readonly limits?: TenantLimits;
};

/** Where a subtask comes from: its parent, the attempt that fanned out, its place among the subtasks, and how deep it is. */
export type ParentRef = {
  readonly id: TaskId;
  readonly attempt: number;
  readonly index: number;
  /** 1 for a subtask of a task that is no subtask itself. */
  readonly depth: number;
};

/** The attempt in which a task was fanned out, and into how many subtasks. */
export type FanOutState = {
  readonly attempt: number;
  readonly count: number;
  /** The attempt that the ids of the subtasks come from, where a retry has taken them over from there. */
  readonly madeIn?: number;
  /** Which subtasks the next attempt has run again, after a retry: the others are taken over. */
  readonly again?: Again;
};

/** Names subtasks that run again: all that have not succeeded, or those at some places. */
export type Again = 'failed' | readonly number[];

/** How far an attempt under way is, from 0 to 1. */
export type Progress = { readonly fraction: number; readonly note?: string };

export type TaskError = { readonly code: string; readonly message: string; readonly retryable: boolean };

type Attempted = TaskSeed & {
  /** Claims so far. Counted by `claim` and by nothing else. */
  readonly attempt: number;
  /** These attempts were before the last explicit retry, or were given back: `maxAttempts` has grown by them. */
  readonly attemptsBeforeRetry?: number;
  /** Missing until it is fanned out. An attempt that follows combines. */
  readonly fanOut?: FanOutState;
};

/** It is accepted, and is not to run before `runAt`. */
export type ScheduledTask = Attempted & { readonly status: 'scheduled'; readonly runAt: number };

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
  /** Its attempt is to end, and no other to begin. */
  readonly cancelRequestedAt?: number;
  readonly progress?: Progress;
};

/** Its subtasks have to end before it goes on. */
export type WaitingTask = Attempted & {
  readonly status: 'waiting';
  readonly startedAt: number;
  readonly fanOut: FanOutState;
};

type Finished = Attempted & { readonly startedAt: number; readonly finishedAt: number };

export type SucceededTask = Finished & { readonly status: 'succeeded'; readonly output: Payload };

export type FailedTask = Finished & { readonly status: 'failed'; readonly error: TaskError };

export type CancelledTask = Attempted & {
  readonly status: 'cancelled';
  /** Missing where no attempt ever started. */
  readonly startedAt?: number;
  readonly finishedAt: number;
};

/** A task that no executor has seen. */
export type NewTask = (ScheduledTask | QueuedTask) & {
  /** How many tasks were submitted by one request with it, where that was not itself alone. It does not travel on its lane. */
  readonly submittedTogether?: number;
};
export type FinishedTask = SucceededTask | FailedTask | CancelledTask;
export type Task = NewTask | RunningTask | WaitingTask | FinishedTask;
export type TaskStatus = Task['status'];

/** A task without what it takes in and gives back, as lists show it. */
export type TaskSummary = Task extends infer One
  ? One extends Task
    ? Omit<One, 'input' | 'output' | 'onEnd'>
    : never
  : never;

export const isFinished = (task: Task): task is FinishedTask =>
  task.status === 'succeeded' || task.status === 'failed' || task.status === 'cancelled';

/** Returns the status to show: a scheduled task whose time has come is queued, though nothing is written for it. */
export const statusAt = (task: { readonly status: TaskStatus; readonly runAt?: number }, now: number): TaskStatus =>
  task.status === 'scheduled' && (task.runAt ?? 0) <= now ? 'queued' : task.status;

/** Returns how many attempts a submit, or an explicit retry, gives the task. */
export const attemptsGranted = ({
  maxAttempts,
  attemptsBeforeRetry = 0,
}: Pick<Attempted, 'maxAttempts' | 'attemptsBeforeRetry'>): number => maxAttempts - attemptsBeforeRetry;

/** Returns what of a task travels on its lane: all that no transition changes. */
export function seedOf(task: TaskSeed): TaskSeed {
  const { id, tenantId, type, resourceClass, priority, executorKey, maxAttempts, timeoutSeconds } = task;
  const { input, fingerprint, createdAt, runAt, assignee, workflowInstanceId, tags, parent, schedule } = task;
  const { inputVersion, onEnd, traceHeader, limits, retentionDays } = task;
  return compact({
    id,
    tenantId,
    type,
    resourceClass,
    priority,
    executorKey,
    maxAttempts,
    timeoutSeconds,
    retentionDays,
    input,
    inputVersion,
    fingerprint,
    createdAt,
    runAt,
    assignee,
    workflowInstanceId,
    tags,
    parent,
    schedule,
    onEnd,
    traceHeader,
    limits,
  });
}

/** Returns a task as it is accepted at `createdAt`, with no attempt yet. */
export const newTask = (seed: TaskSeed): NewTask =>
  seed.runAt !== undefined && seed.runAt > seed.createdAt
    ? { ...seed, status: 'scheduled', attempt: 0, runAt: seed.runAt }
    : { ...seed, status: 'queued', attempt: 0 };

/** Returns the ids of a task's subtasks, in their order; none where it was not fanned out. */
export const subtaskIdsOf = ({ tenantId, id, fanOut }: Pick<Attempted, 'tenantId' | 'id' | 'fanOut'>): TaskId[] =>
  Array.from({ length: fanOut?.count ?? 0 }, (_, index) =>
    subtaskIdOf(tenantId, id, fanOut?.madeIn ?? fanOut?.attempt ?? 0, index),
  );
