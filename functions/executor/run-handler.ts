import { setTimeout as sleep } from 'node:timers/promises';
import { fail, isIsolated, type TaskContext, type TaskDefinition, TaskFailure } from '../core/define-task.ts';
import type { HttpClient } from '../core/http-client.ts';
import type { JsonValue } from '../core/json.ts';
import { failed, type Outcome, outcomeOfThrown } from '../core/outcome.ts';
import { MAX_WIRE_BYTES, wireBytesOf } from '../core/payload.ts';
import type { Log } from '../core/ports.ts';
import type { RunningTask } from '../core/task.ts';

export type HandlerTools = {
  readonly http: HttpClient;
  readonly log: Log;
  /** Makes an attempt of an isolated type, as `definition.run` would. */
  readonly isolate: (definition: TaskDefinition, input: unknown, ctx: TaskContext) => Promise<JsonValue>;
};

/**
 * One attempt of a handler, from input to outcome. Never throws, and ends after `timeoutMilliseconds` even if the handler
 * ignores its signal: what it would still return is dropped.
 */
export async function runHandler(
  definition: TaskDefinition,
  task: RunningTask,
  input: JsonValue,
  timeoutMilliseconds: number,
  tools: HandlerTools,
): Promise<Outcome> {
  const timeout = new AbortController();
  const ended = new AbortController();
  const expiry = sleep(timeoutMilliseconds, undefined, { signal: ended.signal }).then(
    () => {
      const message = `the attempt took longer than ${timeoutMilliseconds / 1000} s`;
      timeout.abort(new TaskFailure('timeout', message, { retryable: true }));
      return failed('timeout', message, true);
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([attempt(definition, task, input, timeout.signal, tools), expiry]);
  } finally {
    ended.abort();
  }
}

async function attempt(
  definition: TaskDefinition,
  task: RunningTask,
  input: JsonValue,
  signal: AbortSignal,
  tools: HandlerTools,
): Promise<Outcome> {
  try {
    const parsed = await definition.input['~standard'].validate(input);
    if (parsed.issues !== undefined) {
      const reasons = parsed.issues.map(({ message, path }) => `${path?.map(String).join('.') || 'input'}: ${message}`);
      return failed('invalid_input', `the input does not fit ${task.type}: ${reasons.join('; ')}`, false);
    }
    const ctx = contextOf(task, signal, tools);
    const run = isIsolated(definition)
      ? tools.isolate(definition, parsed.value, ctx)
      : definition.run(parsed.value, ctx);
    return outcomeOfOutput((await run) ?? null, task);
  } catch (thrown) {
    if (!(thrown instanceof TaskFailure))
      tools.log('warn', 'handler threw', { ...fieldsOf(task), ...stacksOf(thrown) });
    return outcomeOfThrown(thrown);
  }
}

/** What a handler returned, if its caller can be shown it. */
function outcomeOfOutput(output: JsonValue, { type }: RunningTask): Outcome {
  const json = jsonOf(output);
  if (json === undefined) return failed('invalid_output', `${type} returned what JSON cannot carry`, false);
  const bytes = wireBytesOf(json);
  if (bytes <= MAX_WIRE_BYTES) return { kind: 'succeeded', output };
  const advice = 'put it where it belongs and return where that is';
  return failed('output_too_large', `${type} returned ${bytes} bytes of ${MAX_WIRE_BYTES} that fit: ${advice}`, false);
}

function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function contextOf(task: RunningTask, signal: AbortSignal, { http, log }: HandlerTools): TaskContext {
  const { id, tenantId, type, attempt: number, maxAttempts } = task;
  return {
    task: { id, tenantId, type, attempt: number, maxAttempts },
    signal,
    http,
    // Apart, so that no field of a handler takes the place of one of ours.
    log: (message, fields) => log('info', message, { ...fieldsOf(task), ...(fields && { fields }) }),
    fail,
  };
}

/** What every line about an attempt carries. */
export const fieldsOf = ({ id, type, attempt: number }: RunningTask) => ({
  task_id: id,
  task_type: type,
  attempt: number,
});

/** For the log, where the people who wrote the handler look; a task never shows it. */
const stacksOf = (thrown: unknown): Readonly<Record<string, string | undefined>> =>
  thrown instanceof Error
    ? { stack: thrown.stack, ...(thrown.cause instanceof Error ? { cause: thrown.cause.stack } : {}) }
    : {};
