import { type FanOutPolicy, type Subtask, TaskFailure } from './define-task.ts';
import type { JsonValue } from './json.ts';
import type { TaskError } from './task.ts';

/** How one attempt ended: a value, never an exception. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly output: JsonValue }
  | {
      readonly kind: 'fanned_out';
      readonly subtasks: readonly Subtask[];
      readonly onFailure: FanOutPolicy['onFailure'];
    }
  /** Somebody has cancelled the task meanwhile. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: TaskError; readonly retryAfterSeconds?: number };

/** Longest message that a task keeps of its error; longer ones are cut, so that a row stays small. */
const MAX_ERROR_MESSAGE = 300;
const MAX_ERROR_CODE = 64;

/** An error as a task keeps it. */
export function taskError(code: string, message: string, retryable: boolean): TaskError {
  const shown = message.length > MAX_ERROR_MESSAGE ? `${message.slice(0, MAX_ERROR_MESSAGE - 1)}…` : message;
  // A half of a surrogate pair, cut here or by the handler, is no text that a table takes.
  return { code: code.slice(0, MAX_ERROR_CODE).toWellFormed(), message: shown.toWellFormed(), retryable };
}

export const failed = (code: string, message: string, retryable: boolean, retryAfterSeconds?: number): Outcome => ({
  kind: 'failed',
  error: taskError(code, message, retryable),
  ...(isDelay(retryAfterSeconds) ? { retryAfterSeconds } : {}),
});

/** A handler may have computed it from what it lacked. Without one, the retry policy decides. */
export const isDelay = (seconds: number | undefined): seconds is number =>
  Number.isFinite(seconds) && Number(seconds) >= 0;

/** What a handler threw, as an outcome. A plain error may be a passing fault, so it is retryable; never its stack. */
export function outcomeOfThrown(thrown: unknown): Outcome {
  if (thrown instanceof TaskFailure) {
    return failed(thrown.code, thrown.message, thrown.retryable, thrown.retryAfterSeconds);
  }
  return failed('handler_error', textOf(thrown), true);
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'something that has no text';
  }
}
