import type { FanOutPolicy } from '../define-task.ts';
import type { TaskId, TenantId } from '../task/ids.ts';
import type { Payload } from '../task/payload.ts';
import type { FailedTask, QueuedTask, TaskError } from '../task/task.ts';

/** Names a task as it was fanned out in one attempt. */
export type ParentKey = { readonly tenantId: TenantId; readonly id: TaskId; readonly attempt: number };

export type ResumeResult = { readonly result: 'queued'; readonly task: QueuedTask } | { readonly result: 'lost' };

export type FailParentResult = { readonly result: 'failed'; readonly task: FailedTask } | { readonly result: 'lost' };

/** Keeps what tasks were fanned out into, and which of their subtasks have not ended. */
export interface FanOuts {
  /** Notes the subtasks before any of them exists. They are kept until `keepUntil` (milliseconds since the epoch) at least. */
  open(parent: ParentKey, fanOut: FanOutToOpen, keepUntil: number): Promise<void>;
  get(parent: ParentKey): Promise<FanOutRecord | undefined>;
  /** Returns what an attempt was fanned out into, also where another fan-out has taken that over since. */
  opened(parent: ParentKey): Promise<OpenedFanOut | undefined>;
  /** Makes a fan-out as good as missing, whose subtasks another has taken over. */
  supersede(parent: ParentKey): Promise<void>;
  /** Deletes a fan-out. */
  drop(parent: ParentKey): Promise<void>;
  /** Strikes out one subtask; twice is as good as once. Returns what is left; `undefined` where all is long over, or taken over. */
  close(parent: ParentKey, index: number): Promise<Pick<FanOutRecord, 'pending' | 'onFailure'> | undefined>;
  /** Queues a task whose subtasks have all ended. The sweeper sends it at `dueAt`, unless it is claimed before. */
  resume(parent: ParentKey, dueAt: number): Promise<ResumeResult>;
  /** Fails a task that waits, since a subtask has failed. At `dueAt` the sweeper sees to it that the others end. */
  fail(parent: ParentKey, error: TaskError, now: number, dueAt: number): Promise<FailParentResult>;
}

export type FanOutRecord = {
  /** The subtasks, as `ctx.fanOut` was given them. */
  readonly subtasks: Payload;
  readonly onFailure: FanOutPolicy['onFailure'];
  /** The places of the subtasks that have not ended. */
  readonly pending: ReadonlySet<number>;
  /** The attempt of the fan-out that this one has taken its subtasks over from. */
  readonly supersedes?: number;
};

/** A fan-out that supersedes another has made no subtasks of its own, but for those that the other had not made. */
export type OpenedFanOut = Pick<FanOutToOpen, 'subtasks' | 'count' | 'supersedes'>;

/** Of `count` subtasks those at all places are pending, unless it is said which. */
export type FanOutToOpen = Omit<FanOutRecord, 'pending'> & {
  readonly count: number;
  readonly pending?: ReadonlySet<number>;
};
