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
export type {
  AnyReference,
  AuditFilter,
  Client,
  DefinitionChange,
  PageSize,
  StatisticsRange,
  TaskFilter,
} from '../client/client.ts';
export { type ClientOptions, createClient } from '../client/create-client.ts';
export type { Listing } from '../client/listing.ts';
export { type FieldError, MillraceError } from '../client/millrace-error.ts';
export type { ResultOptions } from '../client/result.ts';
export type { Cadence, NewSchedule, Schedule, ScheduleChange, ScheduleSummary } from '../client/schedules.ts';
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
