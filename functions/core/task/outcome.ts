import { MAX_SUBTASKS } from '../../contract.ts';
import { FanOut, type FanOutPolicy, type Subtask, TaskFailure } from '../define-task.ts';
import { JsonRefusal, type JsonValue, jsonValueOf } from '../json.ts';
import { describeThrown, messageOfThrown } from '../thrown.ts';
import { MAX_WIRE_BYTES, wireBytesOf } from './payload.ts';
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

/** Longest message that a task keeps of its error; with more than 300 its row may pass 1 KB (`docs/costs.md`). */
const MAX_ERROR_MESSAGE = 2_000;
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
    const { code, message, retryable, retryAfterSeconds } = thrown;
    return failed(code, message || 'no message was given', retryable, retryAfterSeconds);
  }
  return failed('handler_error', messageOfThrown(describeThrown(thrown)), true);
}

/** Of what a handler of `type` returned, what its task keeps. Throws the failure of what its caller could not be shown. */
export function outputOf(returned: unknown, type: string): JsonValue {
  try {
    const output = jsonValueOf(returned);
    const bytes = wireBytesOf(JSON.stringify(output));
    if (bytes <= MAX_WIRE_BYTES) return output;
    throw tooLarge(type, `${bytes} bytes`);
  } catch (error) {
    if (!(error instanceof JsonRefusal)) throw error;
    if (error.isTooLarge) throw tooLarge(type, error.message);
    throw new TaskFailure('invalid_output', `${type} returned what JSON cannot carry: ${error.message}`);
  }
}

/** The outcome of what a handler of `type` returned. */
export function outcomeOfOutput(returned: unknown, type: string): Outcome {
  try {
    return { kind: 'succeeded', output: outputOf(returned, type) };
  } catch (failure) {
    return outcomeOfThrown(failure);
  }
}

function tooLarge(type: string, what: string): TaskFailure {
  const advice = 'put it where it belongs and return where that is';
  return new TaskFailure('output_too_large', `${type} returned ${what} of ${MAX_WIRE_BYTES} that fit: ${advice}`);
}

/** What a handler of `type` fanned out into. Throws the failure of subtasks that could not be kept as they are. */
export function fanOutOf({ subtasks }: FanOut, type: string): FanOut {
  if (!Array.isArray(subtasks)) {
    const what = `${kindOf(subtasks)}, where ctx.fanOut takes a list of {type, input, ...}`;
    throw new TaskFailure('invalid_subtasks', `${type} fanned out into ${what}`);
  }
  if (subtasks.length > MAX_SUBTASKS) {
    const what = `${subtasks.length} subtasks, where ${MAX_SUBTASKS} are taken`;
    throw new TaskFailure('invalid_subtasks', `${type} fanned out into ${what}`);
  }
  return new FanOut(Array.from(subtasks, (subtask, place) => subtaskOf(subtask, place, type)));
}

function subtaskOf(subtask: Subtask | undefined, place: number, type: string): Subtask {
  try {
    // That one is missing is said where the others are looked at, too.
    return (subtask === undefined ? subtask : jsonValueOf(subtask)) as Subtask;
  } catch (error) {
    if (!(error instanceof JsonRefusal)) throw error;
    const what = `subtasks that JSON cannot carry: subtask ${place}: ${error.message}`;
    throw new TaskFailure('invalid_subtasks', `${type} fanned out into ${what}`);
  }
}

/** For a sentence: `a Set`, `null`, `a string`. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const name = typeof value === 'object' ? value.constructor?.name : undefined;
  return `${/^[AEIOU]/i.test(name ?? typeof value) ? 'an' : 'a'} ${name ?? typeof value}`;
}
