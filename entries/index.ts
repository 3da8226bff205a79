/** What the tasks of a team import from `millrace`: nothing of AWS, and nothing that runs by being imported. */

export {
  type BatchContext,
  type BatchItem,
  type BatchOutcome,
  type BatchPolicy,
  type BatchTaskDefinition,
  defineTask,
  FanOut,
  type FanOutPolicy,
  type InputOf,
  type OutputOf,
  type SingleTaskDefinition,
  type Subtask,
  type SubtaskResult,
  type TaskCatalog,
  type TaskContext,
  type TaskDefinition,
  TaskFailure,
  type TaskSchema,
} from '../functions/core/define-task.ts';
export type { FiringContext, ScheduleEntry } from '../functions/core/definition/schedule-entry.ts';
export { type SubtaskOptions, subtask } from '../functions/core/definition/subtask.ts';
export type { AttemptHttp, HttpBody, HttpHeaders, HttpRequest, HttpResponse } from '../functions/core/http-client.ts';
export type { JsonValue } from '../functions/core/json.ts';
export { DEFAULT_RETRY, type RetryPolicy } from '../functions/core/task/retry.ts';
