/** What the tests of a team import from `millrace/testing`: its tasks run in memory, by the executor's own steps. */

export type { AttemptResult } from '../testing/attempt-result.ts';
export type { LogLine, Told } from '../testing/notes.ts';
export { runBatch } from '../testing/run-batch.ts';
export { runFanOut } from '../testing/run-fan-out.ts';
export { runTask } from '../testing/run-task.ts';
export type { TaskResult } from '../testing/task-result.ts';
export type { AnswerRequest } from '../testing/test-http.ts';
export type { TestError, TestOptions } from '../testing/test-options.ts';
