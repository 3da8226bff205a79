import { MAX_SUBTASKS } from '../../contract.ts';
import { compact } from '../compact.ts';
import { FanOut, type FanOutPolicy, type Subtask, type TaskDefinition, TaskFailure } from '../define-task.ts';
import { validatedOutput } from '../definition/find-definition.ts';
import { JsonRefusal, type JsonValue, jsonValueOf } from '../json.ts';
import { describeThrown, messageOfThrown, type ThrownError } from '../thrown.ts';
import { issueTexts } from '../zod-messages.ts';
import { MAX_WIRE_BYTES, wireBytesOf } from './payload.ts';
import type { Progress, TaskError } from './task.ts';

/** How one attempt ended: a value, never an exception. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly output: JsonValue }
  | {
      readonly kind: 'fanned_out';
      readonly subtasks: readonly Subtask[];
      readonly onFailure: FanOutPolicy['onFailure'];
    }
  /** Somebody has cancelled the task meanwhile. */
  | ({ readonly kind: 'cancelled' } & Unfinished)
  | FailedOutcome;

type Unfinished = {
  /** How far the attempt was. */
  readonly progress?: Progress;
};

type FailedOutcome = Unfinished & {
  readonly kind: 'failed';
  readonly error: TaskError;
  readonly retryAfterSeconds?: number;
  /** All that is known of what was thrown: a task has no room for it. */
  readonly thrown?: ThrownError;
};

/** Longest message that a task keeps of its error; with more than 300 its row may pass 1 KB (`docs/costs.md`). */
const MAX_ERROR_MESSAGE = 2_000;
const MAX_ERROR_CODE = 64;

/** Returns an error as a task keeps it, its code and message cut to what a row has room for. */
export function taskError(code: string, message: string, retryable: boolean): TaskError {
  const shown = message.length > MAX_ERROR_MESSAGE ? `${message.slice(0, MAX_ERROR_MESSAGE - 1)}…` : message;
  // No table takes half a surrogate pair, which a cut leaves here or in the handler.
  return { code: code.slice(0, MAX_ERROR_CODE).toWellFormed(), message: shown.toWellFormed(), retryable };
}

export const failed = (code: string, message: string, retryable: boolean, retryAfterSeconds?: number): FailedOutcome =>
  compact({
    kind: 'failed' as const,
    error: taskError(code, message, retryable),
    retryAfterSeconds: isDelay(retryAfterSeconds) ? retryAfterSeconds : undefined,
  });

/** Whether seconds are a delay: a handler may have computed them from what it lacked. Without one, the retry policy decides. */
export const isDelay = (seconds: number | undefined): seconds is number =>
  Number.isFinite(seconds) && Number(seconds) >= 0;

/** Returns the outcome of what a handler threw, without its stack. A plain error may be a passing fault, so it is retryable. */
export function outcomeOfThrown(thrown: unknown): FailedOutcome {
  if (thrown instanceof TaskFailure) {
    const { code, message, retryable, retryAfterSeconds } = thrown;
    return failed(code, message || 'no message was given', retryable, retryAfterSeconds);
  }
  return failed('handler_error', messageOfThrown(describeThrown(thrown)), true);
}

/** Returns the outcome of what was thrown, and all that is known of that: for the record of the attempt. */
export const describedOutcome = (thrown: unknown): FailedOutcome => ({
  ...outcomeOfThrown(thrown),
  thrown: describeThrown(thrown),
});

/**
 * Returns what a task keeps of what its handler returned: what JSON carries of it, and of that what the output schema of its
 * type makes. Throws the failure of what its caller could not be shown.
 */
export async function outputOf(returned: unknown, { type, output: schema }: TaskDefinition): Promise<JsonValue> {
  const output = carriedByJson(returned, type);
  if (schema === undefined) return output;
  const parsed = await validatedOutput(type, schema, output);
  if (parsed.issues === undefined) return carriedByJson(parsed.value, type);
  const reasons = issueTexts(parsed.issues, (path) => path || 'output');
  throw new TaskFailure('invalid_output', `${type} returned what does not fit its output schema: ${reasons}`);
}

function carriedByJson(value: unknown, type: string): JsonValue {
  try {
    const output = jsonValueOf(value);
    const bytes = wireBytesOf(JSON.stringify(output));
    if (bytes <= MAX_WIRE_BYTES) return output;
    throw outputTooLarge(type, `${bytes} bytes`);
  } catch (error) {
    if (!(error instanceof JsonRefusal)) throw error;
    if (error.isTooLarge) throw outputTooLarge(type, error.message);
    throw new TaskFailure('invalid_output', `${type} returned what JSON cannot carry: ${error.message}`);
  }
}

function outputTooLarge(type: string, what: string): TaskFailure {
  const advice = 'put it where it belongs and return where that is';
  return new TaskFailure('output_too_large', `${type} returned ${what} of ${MAX_WIRE_BYTES} that fit: ${advice}`);
}

/** Returns what a handler of `type` fanned out into. Throws the failure of subtasks that could not be kept as they are. */
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
    // A missing one is refused where the others are looked at, too.
    return (subtask === undefined ? subtask : jsonValueOf(subtask)) as Subtask;
  } catch (error) {
    if (!(error instanceof JsonRefusal)) throw error;
    const what = `subtasks that JSON cannot carry: subtask ${place}: ${error.message}`;
    throw new TaskFailure('invalid_subtasks', `${type} fanned out into ${what}`);
  }
}

/** Names what a value is as a sentence does: `a Set`, `null`, `a string`. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const name = typeof value === 'object' ? value.constructor?.name : undefined;
  return `${/^[AEIOU]/i.test(name ?? typeof value) ? 'an' : 'a'} ${name ?? typeof value}`;
}
