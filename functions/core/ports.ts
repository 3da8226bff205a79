import type { MetricName } from '../metrics.ts';
import type { JsonValue } from './json.ts';
import type { Contribution, StatisticsRow, Tally } from './statistics.ts';
import type { TaskId, TenantId } from './task/ids.ts';
import type { Outgoing } from './task/message-packing.ts';
import type { Payload } from './task/payload.ts';
import type {
  CancelledTask,
  FinishedTask,
  NewTask,
  ParentRef,
  Progress,
  QueuedTask,
  RunningTask,
  Task,
  TaskSeed,
} from './task/task.ts';
import type { TaskLists } from './task/task-list.ts';
import type { SampledTrace } from './task/trace-header.ts';
import type { AmendTerms, Claimability, Lease, RetryTerms, Settlement } from './task/transition.ts';
import type { KeyBinding, KeyHolder } from './tenant/key-binding.ts';

/**
 * Keeps what happened to tasks. Each verb is one conditional write, and its result names the loser. A claim or a settlement
 * that is repeated because its answer was lost finds itself, and does not lose to itself. A row past its retention is as
 * good as missing.
 */
export interface TaskStore extends TaskLists {
  /** Adds the row of a new task, unless there is one. With `dueAt`, the sweeper will send the task then. */
  insert(task: NewTask, dueAt?: number): Promise<InsertResult>;
  /** Binds a key to a task that is to be made, unless the key stands for a task already. */
  bindKey(binding: KeyBinding, now: number): Promise<InsertResult>;
  /** Returns what a key stands for at `now`: the task with the id that derives from it, or its binding. */
  getByKey(tenantId: TenantId, keyId: TaskId, now: number): Promise<KeyHolder | undefined>;
  /**
   * Takes the task for one attempt and counts it. A row that is missing is made from `task`: the queue is the truth of
   * what is to run. A task that is due stays due until it ends: the message that claims it may be deleted by whoever was
   * given it, too, and has set the task aside.
   */
  claim(task: TaskSeed, lease: Lease, now: number): Promise<ClaimResult>;
  /**
   * Gives a claimed task its next status, if `task`'s lease token still holds it. A task to be cancelled is not queued
   * again: settle it as cancelled instead.
   */
  settle(
    task: RunningTask,
    settlement: Settlement,
    usage?: AttemptUsage,
  ): Promise<'settled' | 'lost' | 'cancel_requested'>;
  /** Looks after a claimed task; keeps its progress, and renews its lease, where the heartbeat says so. */
  check(task: RunningTask, heartbeat?: Heartbeat): Promise<LeaseState>;
  /** Looks after many claimed tasks at once, and says how each is, in their order. Their leases are renewed to one time. */
  checkAll(tasks: readonly RunningTask[], leaseExpiresAt?: number): Promise<readonly LeaseState[]>;
  /**
   * Ends a task that waits, and asks the executor of a running one to end it. One that waits for subtasks is due for the
   * sweeper a period later, which sees to it that they end too. A subtask that its parent ends is `missing` where another fan-out
   * than `of` has taken it over.
   */
  cancel(tenantId: TenantId, taskId: TaskId, now: number, of?: ParentRef): Promise<CancelResult>;
  /** Queues a task again that has ended. The sweeper sends it at `dueAt`, unless it is claimed before. */
  retry(tenantId: TenantId, taskId: TaskId, now: number, dueAt: number, terms?: RetryTerms): Promise<RetryResult>;
  /** Writes into a subtask that has ended what it is to find when its parent has it run again; lost where it is not as it was read. */
  amend(task: FinishedTask, terms: AmendTerms): Promise<'amended' | 'lost'>;
  /** Sets a task aside while its type is paused, instead of a claim. `lost` where it does not wait to be claimed. */
  hold(task: TaskSeed, now: number): Promise<'held' | 'lost'>;
  /**
   * Returns the task, unless it does not exist, is another tenant's, or is past its retention at `now`. `recent` costs half, and may
   * be how it was some moments ago.
   */
  get(tenantId: TenantId, taskId: TaskId, now: number, state?: 'latest' | 'recent'): Promise<Task | undefined>;
  /** Returns those of a tenant's tasks that exist, in any order. */
  getAll(tenantId: TenantId, taskIds: readonly TaskId[], now: number): Promise<readonly Task[]>;
}

/** What an attempt took, as its executor knows it. */
export type AttemptUsage = {
  /** Its part of the time that it shared with the attempts beside it. */
  readonly executorMilliseconds: number;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
};

/** What an executor has to write of an attempt under way; nothing where it only looks. */
export type Heartbeat = { readonly progress?: Progress | undefined; readonly leaseExpiresAt?: number | undefined };

/** How a claimed task is to whoever claimed it. */
export type LeaseState = 'held' | 'cancel_requested' | 'lost';

/**
 * Lists the tasks that wait for the clock, those whose fan-outs have to be reconciled, and those held while their type
 * is paused.
 */
export interface DueTasks {
  /**
   * Returns the tasks that are due at `now` or before, about the longest due first, in pages of `limit` or so. A short or an
   * empty page is not the last: the index lists for a while what is no longer due. It goes on behind what it has given, so that
   * it comes to each task once, whatever becomes of those before.
   */
  due(now: number, limit: number): AsyncIterable<readonly DueTask[]>;
  /** Returns the tasks of a type that were held at `now` or before, as `due` returns its own. */
  held(type: string, now: number, limit: number): AsyncIterable<readonly DueTask[]>;
  /** Ends the wait of a task that has been sent, to another lane than before where one is named, unless somebody else has. */
  release(due: DueTask, executorKey?: string): Promise<'released' | 'lost'>;
  /** Makes a task due at `until` instead, unless somebody else has done something with it. */
  postpone(due: DueTask, until: number): Promise<'postponed' | 'lost'>;
}

/** A task that has ended is due where it ended without its subtasks: they have to end, too. */
export type DueTask = { readonly task: Task; readonly dueAt: number };

export type InsertResult =
  | { readonly result: 'inserted' }
  | { readonly result: 'exists'; readonly task: Task }
  /** The id derives from a key that is bound to another task. */
  | { readonly result: 'bound'; readonly binding: KeyBinding }
  /** The task that had the id was deleted a moment ago. */
  | { readonly result: 'deleted'; readonly freeAt: number };

export type ClaimResult =
  | { readonly result: 'claimed'; readonly task: RunningTask }
  | Exclude<Claimability, { result: 'claimable' }>
  | { readonly result: 'deleted' };

export type CancelResult =
  | { readonly result: 'cancelled'; readonly task: CancelledTask }
  | { readonly result: 'requested'; readonly task: RunningTask }
  | { readonly result: 'finished'; readonly task: FinishedTask }
  | { readonly result: 'missing' };

export type RetryResult =
  | { readonly result: 'queued'; readonly task: QueuedTask }
  | { readonly result: 'refused'; readonly task: Task }
  | { readonly result: 'missing' };

/** Carries what is to run. A sent task is delivered at least once. */
export interface TaskQueue {
  /** Puts the task on its lane, visible after `delaySeconds` (0 to 900, whole). */
  send(task: TaskSeed, delaySeconds: number): Promise<void>;
  /** Puts many tasks on their lanes, several in one message; returns the ids of those that were refused. */
  sendAll(outgoing: readonly Outgoing[]): Promise<ReadonlySet<TaskId>>;
}

/** Counts what happened to tasks. */
export interface Statistics {
  /**
   * Adds to a row what changes of one `shard` of their stream contribute to it. Each counts once, however the stream
   * repeats, splits or bisects its batches, as long as it delivers every change of a shard in order the first time.
   */
  add(shard: string, row: StatisticsRow, contributions: readonly Contribution[]): Promise<void>;
  /** Returns the tenants that have had tasks, in no order. */
  tenants(): Promise<readonly TenantId[]>;
  /** Returns the types that a tenant has ever had a task of, in no order, also those that the deployment has no more. */
  types(tenantId: TenantId): Promise<readonly string[]>;
  /**
   * Returns a type's minutes from `from` on and before `to` (milliseconds since the epoch), the oldest first; none without
   * a task.
   */
  minutes(tenantId: TenantId, type: string, from: number, to: number): Promise<readonly Minute[]>;
}

export type Minute = { readonly minute: number; readonly tally: Tally };

/** Says what a tenant takes of the deployment. */
export interface TenantUsage {
  /** Returns how many of its tasks were not finished some seconds ago. */
  openTasks(tenantId: TenantId): Promise<number>;
}

/** A message as its lane delivered it. The event source deletes what the invocation does not report. */
export type Delivery = {
  readonly messageId: string;
  readonly queueName: string;
  readonly receipt: string;
  /** Deliveries of this message so far, this one included. */
  readonly receiveCount: number;
  readonly body: string;
};

export type ReceiveOptions = {
  readonly most: number;
  readonly waitSeconds: number;
  readonly visibilitySeconds: number;
};

/** What an executor may do to the messages of its lane. */
export interface Deliveries {
  /** Gives up to `most` messages of a lane (10 at most), hidden for `visibilitySeconds`; waits for one for `waitSeconds`. */
  receive(queueName: string, options: ReceiveOptions): Promise<readonly Delivery[]>;
  /** Makes each message visible again after its `seconds` (0 to 43,200, whole), unless it is deleted before. */
  extend(messages: readonly { readonly delivery: Delivery; readonly seconds: number }[]): Promise<void>;
  /** Deletes messages at once, whatever becomes of this invocation. */
  discard(deliveries: readonly Delivery[]): Promise<void>;
  /** Copies a message that can never run to the dead-letter queue, with the reason. */
  quarantine(delivery: Delivery, reason: string): Promise<void>;
}

/** Keeps the inputs and outputs that are too large for their task's row. */
export interface PayloadStore {
  /**
   * Keeps a value until `keepUntil` (milliseconds since the epoch) at least. `name` is unique within the task: `input`, or
   * `output` with the attempt. Storing it twice replaces it. What has no more than `inlineBytes`, `INLINE_PAYLOAD_BYTES` unless
   * given, stays with the task.
   */
  put(
    tenantId: TenantId,
    taskId: TaskId,
    name: string,
    value: JsonValue,
    keepUntil: number,
    inlineBytes?: number,
  ): Promise<Payload>;
  /** Keeps a payload where it is, until `keepUntil` at least, if it is there. */
  keep(payload: Payload, keepUntil: number): Promise<'kept' | 'missing'>;
  /**
   * Returns the value; `undefined` where it is not there, or not there any more: asking again is of no use. Throws where the
   * store does not answer, and where the payload is another tenant's.
   */
  get(tenantId: TenantId, payload: Payload): Promise<JsonValue | undefined>;
  /** Removes what is kept of a task: all that is found, and what these refs name; what is not there is no fault. */
  remove(tenantId: TenantId, taskId: TaskId, refs: readonly string[]): Promise<void>;
}

/** Returns the milliseconds since the epoch. */
export type Clock = () => number;

/** Waits so many milliseconds. */
export type Sleep = (milliseconds: number) => Promise<unknown>;

/** Returns a number that is uniform in [0, 1). */
export type Random = () => number;

/** Writes numbers for the dashboards. */
export interface Meter {
  /**
   * Adds one value of a metric: milliseconds for times, 1 for an event. `of` is what the metric is told apart by: a task type,
   * an error code, an operation, or for a lane or a class an executor key.
   */
  record(of: string, metric: MetricName, value: number): void;
}

/** Writes one line for people to search: `event` says what happened, in few words that never change. */
export type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;

/** Follows a task across functions. X-Ray does it; whatever takes its place has to do only this. */
export interface Tracing {
  /** Hands on the trace of the segment under way; where there is none, that of the invocation, which is not sampled. */
  header(): string | undefined;
  /** Returns whether a call that is made now is recorded. */
  isRecording(): boolean;
  /** Runs `work` as a segment of its own in a trace; without more ado where there is no trace. */
  segment<T>(
    name: string,
    trace: SampledTrace | undefined,
    annotations: Annotations,
    work: (annotate: (more: Annotations) => void) => Promise<T>,
  ): Promise<T>;
  /** Runs `work`, a call to somebody else, as a part of the segment under way; what it throws is recorded and thrown on. */
  call<T>(name: string, work: () => Promise<T>, to?: 'aws' | 'remote'): Promise<T>;
  /** Runs `work` in no segment: what is done for several tasks is no part of one of them. */
  apart(work: () => void): void;
}

/**
 * By these a trace is found: `task_id`, `task_type`, `task_status`, `attempt_status` (`completed`, `failed` or `cancelled`),
 * and on failure `error`, `error_message`; one of a request by its `route` and `status`.
 */
export type Annotations = Readonly<Record<string, string>>;
