/** What whoever calls the API imports from `millrace/client`: it runs wherever there is `fetch`, and loads nothing else. */

export type {
  Act,
  Counts,
  DeadLetter,
  DeadLetterDetails,
  DeadLetters,
  Definition,
  DefinitionSettings,
  Definitions,
  Key,
  Lane,
  Page,
  Priority,
  Redriven,
  Statistics,
  TaskCount,
  TaskError,
  TaskStatus,
  TaskSummary,
} from '../client/answers.ts';
export type { BulkAction, BulkCount, BulkCounts, NewBulkAction } from '../client/bulk-actions.ts';
export type {
  AnyReference,
  AuditFilter,
  Client,
  DefinitionChange,
  FormerInput,
  PageSize,
  RetryOptions,
  StatisticsRange,
} from '../client/client.ts';
export { type ClientOptions, createClient } from '../client/create-client.ts';
export type { Listing } from '../client/listing.ts';
export { type FieldError, MillraceError } from '../client/millrace-error.ts';
export type { ResultOptions } from '../client/result.ts';
export type { Cadence, NewSchedule, Schedule, ScheduleChange, ScheduleSummary } from '../client/schedules.ts';
export type { TaskFilter } from '../client/task-filter.ts';
export type {
  AnyDefinition,
  SubmitOptions,
  Submitted,
  SucceededTask,
  Task,
  TaskOf,
  TaskReference,
  TaskToSubmit,
} from '../client/tasks.ts';
export type { CallOptions } from '../client/transport.ts';
export type { EndTarget, NewWebhook, SigningSecret, Webhook } from '../client/webhooks.ts';
