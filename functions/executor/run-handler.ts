import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskContext, TaskDefinition } from '../core/define-task.ts';
import { TaskFailure } from '../core/define-task.ts';
import type { HttpClient } from '../core/http-client.ts';
import type { JsonValue } from '../core/json.ts';
import { failed, type Outcome, outcomeOfThrown } from '../core/outcome.ts';
import type { Log } from '../core/ports.ts';
import type { RunningTask } from '../core/task.ts';

export type HandlerTools = { readonly http: HttpClient; readonly log: Log };

/**
 * One attempt of a handler, from input to outcome. Never throws, and ends at the task's timeout even if the handler
 * ignores its signal: what it would still return is dropped.
 */
export async function runHandler(
  definition: TaskDefinition,
  task: RunningTask,
  input: JsonValue,
  tools: HandlerTools,
): Promise<Outcome> {
  const timeout = new AbortController();
  const ended = new AbortController();
  const expiry = sleep(task.timeoutSeconds * 1000, undefined, { signal: ended.signal }).then(
    () => {
      timeout.abort(new TaskFailure('timeout', timeoutMessage(task), { retryable: true }));
      return failed('timeout', timeoutMessage(task), true);
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([attempt(definition, task, input, contextOf(task, timeout.signal, tools)), expiry]);
  } finally {
    ended.abort();
  }
}

async function attempt(
  definition: TaskDefinition,
  task: RunningTask,
  input: JsonValue,
  ctx: TaskContext,
): Promise<Outcome> {
  try {
    const parsed = await definition.input['~standard'].validate(input);
    if (parsed.issues !== undefined) {
      const reasons = parsed.issues.map(({ message, path }) => `${path?.map(String).join('.') || 'input'}: ${message}`);
      return failed('invalid_input', `the input does not fit ${task.type}: ${reasons.join('; ')}`, false);
    }
    const output = (await definition.run(parsed.value, ctx)) ?? null;
    return isJson(output)
      ? { kind: 'succeeded', output }
      : failed('invalid_output', `${task.type} returned what JSON cannot carry`, false);
  } catch (thrown) {
    return outcomeOfThrown(thrown);
  }
}

function contextOf(task: RunningTask, signal: AbortSignal, { http, log }: HandlerTools): TaskContext {
  const { id, tenantId, type, attempt: number, maxAttempts } = task;
  return {
    task: { id, tenantId, type, attempt: number, maxAttempts },
    signal,
    http,
    log: (message, fields = {}) => log('info', message, { task_id: id, task_type: type, attempt: number, ...fields }),
    fail: (code, message, options) => {
      throw new TaskFailure(code, message, options);
    },
  };
}

function isJson(value: unknown): value is JsonValue {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

const timeoutMessage = (task: RunningTask): string => `the attempt took longer than ${task.timeoutSeconds} s`;
