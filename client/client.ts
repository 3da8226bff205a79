import type { InputOf, TaskDefinition } from '../functions/core/define-task.ts';
import type {
  Act,
  Attempt,
  DeadLetterDetails,
  DeadLetters,
  Definition,
  DefinitionSettings,
  Definitions,
  Key,
  Lane,
  LogLine,
  Redriven,
  Statistics,
  TaskCount,
  TaskSummary,
} from './answers.ts';
import type { BulkAction, BulkCount, NewBulkAction } from './bulk-actions.ts';
import type { Listing } from './listing.ts';
import type { ResultOptions } from './result.ts';
import type { NewSchedule, Schedule, ScheduleChange, ScheduleSummary } from './schedules.ts';
import type { TaskFilter } from './task-filter.ts';
import type {
  AnyDefinition,
  DefinitionOf,
  SubmitOptions,
  Submitted,
  SucceededTask,
  Task,
  TaskReference,
  TaskToSubmit,
} from './tasks.ts';
import type { CallOptions } from './transport.ts';
import type { NewWebhook, SigningSecret, Webhook } from './webhooks.ts';

/**
 * The calls of the API. Those that read, and submits, are made again where they have no answer, or where the API asks for it (429 and
 * 5xx), when `Retry-After` says; the others only where they were refused with 429. What fails throws a `MillraceError`.
 */
export type Client = {
  /**
   * Submits a task. `submit<typeof summarize>('csv.summarize', { url })` knows the input and the output of the type. However
   * often it has to be tried, it is one task: under a key that ends, it is tried no longer than that.
   */
  submit<Of extends TaskDefinition = AnyDefinition>(
    type: Of['type'],
    input: InputOf<Of>,
    options?: SubmitOptions & CallOptions,
  ): Promise<Task<Of>>;
  /**
   * Submits any number of tasks, in requests of up to 1,000, and says of each in their order whether it was accepted. Those that
   * are refused for now are submitted again, each under its own key, until the deadline, which each request has for itself.
   */
  submitAll<Of extends TaskDefinition = AnyDefinition>(
    tasks: readonly TaskToSubmit<Of>[],
    options?: CallOptions,
  ): Promise<Submitted<Of>[]>;
  /**
   * Waits until a task has ended, and returns it with its output. Throws the error of a task that failed, by its own code;
   * `cancelled`; or `not_finished`, after `timeoutSeconds` (300). The type of the output is known of a task that was submitted with its type.
   */
  result<Of extends TaskDefinition = AnyDefinition>(id: string, options?: ResultOptions): Promise<SucceededTask<Of>>;
  result<Of extends TaskReference<TaskDefinition>>(
    task: Of,
    options?: ResultOptions,
  ): Promise<SucceededTask<DefinitionOf<Of>>>;
  /** Reads a task, with its input and what came of it. */
  get<Of extends TaskDefinition = AnyDefinition>(id: string, options?: CallOptions): Promise<Task<Of>>;
  get<Of extends TaskReference<TaskDefinition>>(task: Of, options?: CallOptions): Promise<Task<DefinitionOf<Of>>>;
  /** Lists tasks, the newest first. */
  list(filter?: TaskFilter & PageSize, options?: CallOptions): Listing<TaskSummary>;
  /** Counts tasks by status: exactly up to 10,000, and otherwise those that there are at least. */
  count(filter?: TaskFilter, options?: CallOptions): Promise<TaskCount>;
  /** Lists the subtasks of a task, in the order in which they were fanned out. */
  subtasks(task: AnyReference, page?: PageSize, options?: CallOptions): Listing<TaskSummary>;
  /** Reads what is known of each attempt of a task, first to last: the latest hundred. */
  attempts(task: AnyReference, options?: CallOptions): Promise<readonly Attempt[]>;
  /** Lists what was logged about a task, the oldest line first, with the scope `operate`. */
  logs(task: AnyReference, page?: PageSize, options?: CallOptions): Listing<LogLine>;
  /** Cancels a task; one that runs ends within some seconds. */
  cancel(task: AnyReference, options?: CallOptions): Promise<Task>;
  /** Runs a task again that failed or was cancelled, or some of its subtasks. Of a subtask it returns the task at the top. */
  retry(task: AnyReference, options?: RetryOptions & CallOptions): Promise<Task>;
  /** Returns what a task was given before retries gave it other inputs, the oldest first. */
  formerInputs(task: AnyReference, options?: CallOptions): Promise<readonly FormerInput[]>;
  /** Deletes a task that has ended, with all that it had. */
  deleteTask(task: AnyReference, options?: CallOptions): Promise<{ readonly id: string }>;
  /** Retries, cancels or deletes all tasks that fit a filter. However often it has to be tried, it is one bulk action. */
  createBulkAction(
    action: NewBulkAction & { readonly idempotencyKey?: string | undefined },
    options?: CallOptions,
  ): Promise<BulkAction>;
  /** Counts the tasks that a bulk action would be done to, and does nothing. */
  countForBulkAction(action: NewBulkAction, options?: CallOptions): Promise<BulkCount>;
  /** Lists bulk actions, the newest first. */
  bulkActions(page?: PageSize, options?: CallOptions): Listing<BulkAction>;
  /** Reads how far a bulk action is. */
  bulkAction(id: string, options?: CallOptions): Promise<BulkAction>;
  /** Ends a bulk action; what it has done stays done. */
  abortBulkAction(id: string, options?: CallOptions): Promise<BulkAction>;
  /** Has a task made again and again. However often it has to be tried, it is one schedule. */
  createSchedule(schedule: NewSchedule, options?: CallOptions): Promise<Schedule>;
  /** Lists schedules. */
  schedules(page?: PageSize, options?: CallOptions): Listing<ScheduleSummary>;
  /** Reads a schedule, with its next times. */
  schedule(id: string, options?: CallOptions): Promise<Schedule>;
  /** Changes a schedule. */
  changeSchedule(id: string, change: ScheduleChange, options?: CallOptions): Promise<Schedule>;
  /** Deletes a schedule; the tasks that it has made go on. */
  deleteSchedule(id: string, options?: CallOptions): Promise<{ readonly id: string }>;
  /** Lets a schedule fire no more, until it is resumed. */
  pauseSchedule(id: string, options?: CallOptions): Promise<Schedule>;
  /** Lets a schedule fire again; what came due meanwhile is left out. */
  resumeSchedule(id: string, options?: CallOptions): Promise<Schedule>;
  /** Fires a schedule now, and returns the task. */
  runSchedule(id: string, options?: CallOptions): Promise<Task>;
  /** Lists who did what as an operator or administrator, the latest first. */
  audit(filter?: AuditFilter, options?: CallOptions): Listing<Act>;
  /** Lists the keys of the tenant: what each may do, never the key. */
  keys(page?: PageSize, options?: CallOptions): Listing<Key>;
  /** Revokes a key of the tenant; not the one that the client has. */
  revokeKey(id: string, options?: CallOptions): Promise<{ readonly id: string }>;
  /**
   * Has the ends of tasks told to a URL; however often it has to be tried, that is one webhook. The answer has the secret by which they
   * are signed, which no other call shows.
   */
  createWebhook(webhook: NewWebhook, options?: CallOptions): Promise<Webhook & SigningSecret>;
  /** Lists the webhooks. */
  webhooks(options?: CallOptions): Promise<readonly Webhook[]>;
  /** Reads a webhook. */
  webhook(id: string, options?: CallOptions): Promise<Webhook>;
  /** Deletes a webhook; what is under way to it fails. */
  deleteWebhook(id: string, options?: CallOptions): Promise<{ readonly id: string }>;
  /** Tells a webhook nothing, until it is resumed. */
  pauseWebhook(id: string, options?: CallOptions): Promise<Webhook>;
  /** Tells a webhook again of what ends from now on. */
  resumeWebhook(id: string, options?: CallOptions): Promise<Webhook>;
  /** Makes another secret for a webhook, or without its id for what submits ask for as `onEnd`; for a day both sign. */
  rotateSecret(id?: string, options?: CallOptions): Promise<SigningSecret>;
  /** Lists the lanes, with what waits in them. */
  lanes(options?: CallOptions): Promise<readonly Lane[]>;
  /** Lists some of a lane's dead letters, and why they are dead. */
  deadLetters(lane: string, page?: PageSize, options?: CallOptions): Promise<DeadLetters>;
  /** Shows a dead letter, and what is in it. */
  deadLetter(lane: string, id: string, options?: CallOptions): Promise<DeadLetterDetails>;
  /** Sends a dead letter to its lane again, as it is or as another message. */
  redriveDeadLetter(
    lane: string,
    id: string,
    message?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<{ readonly id: string; readonly tasks: number }>;
  /** Drops a dead letter, and cancels the tasks in it that have not ended. */
  dropDeadLetter(
    lane: string,
    id: string,
    options?: CallOptions,
  ): Promise<{ readonly id: string; readonly cancelled: number }>;
  /** Sends a lane's dead letters to it again. */
  redrive(lane: string, options?: CallOptions): Promise<Redriven>;
  /** Counts what happened to tasks, by minute. */
  statistics(range?: StatisticsRange, options?: CallOptions): Promise<Statistics>;
  /** Lists the task types of the deployment. */
  definitions(options?: CallOptions): Promise<Definitions>;
  /** Reads a task type. */
  definition(type: string, options?: CallOptions): Promise<Definition>;
  /** Changes a task type for all tenants, without a deploy. */
  changeDefinition(type: string, change: DefinitionChange, options?: CallOptions): Promise<Definition>;
  /** Asks whether the API answers. */
  health(options?: CallOptions): Promise<{ readonly status: 'ok' }>;
  /** Reads the OpenAPI document of the deployment. */
  openapi(options?: CallOptions): Promise<Readonly<Record<string, unknown>>>;
};

/** A task, or its id. */
export type AnyReference = string | TaskReference<TaskDefinition>;

/** An input that a task had until a retry. */
export type FormerInput = {
  /** The last attempt before it was replaced; of several of one attempt, that was given the first. */
  readonly attempt: number;
  readonly replacedAt: string;
  /** Missing where it is not kept any more. */
  readonly input?: unknown;
};

/** What a retry changes. */
export type RetryOptions = {
  /** Another input than before. */
  readonly input?: unknown;
  /** Which subtasks run again: those that have not succeeded unless it is said; with `all` it is fanned out anew. Not with `input`. */
  readonly subtasks?: 'failed' | 'all' | readonly string[] | undefined;
};

/** How many items a page has at most. */
export type PageSize = { readonly limit?: number | undefined };

/** Which acts a list has; of the last 30 days unless said. */
export type AuditFilter = PageSize & {
  /** The id of a key, or the subject of a token. */
  readonly actor?: string | undefined;
  /** The `operationId` of a call. */
  readonly action?: string | undefined;
  readonly from?: Date | string | undefined;
  /** Before this time. */
  readonly to?: Date | string | undefined;
};

/** Which minutes the statistics have: the last hour, of all types, unless given. */
export type StatisticsRange = {
  readonly type?: string | undefined;
  readonly from?: Date | string | undefined;
  readonly to?: Date | string | undefined;
  /** Of all tenants, with a key that has the scope `platform`. */
  readonly tenants?: 'all' | undefined;
};

/** What to change of a task type; `null` puts a setting back to that of its definition. */
export type DefinitionChange = {
  readonly [Name in keyof DefinitionSettings]?: DefinitionSettings[Name] | null | undefined;
};
