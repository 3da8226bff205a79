import {
  FanOut,
  isIsolated,
  type TaskCatalog,
  type TaskContext,
  type TaskDefinition,
  TaskFailure,
} from '../core/define-task.ts';
import { subtasksRefusal } from '../core/fan-out.ts';
import type { HttpClient } from '../core/http-client.ts';
import type { JsonValue } from '../core/json.ts';
import { failed, type Outcome, outcomeOfThrown } from '../core/outcome.ts';
import { MAX_WIRE_BYTES, wireBytesOf } from '../core/payload.ts';
import type { Tracing } from '../core/ports.ts';
import type { RunningTask } from '../core/task.ts';
import { calledHandler, type HandlerCall } from './handler-call.ts';
import { plainContext } from './plain-context.ts';
import { type AttemptWatch, type WatchTools, watchAttempt } from './watch-attempt.ts';

export type HandlerTools = WatchTools & {
  readonly http: HttpClient;
  readonly tracing: Tracing;
  readonly catalog: TaskCatalog;
  /** Makes a call of an isolated type, as `calledHandler` would. */
  readonly isolate: (definition: TaskDefinition, call: HandlerCall, ctx: TaskContext) => Promise<JsonValue | FanOut>;
};

/**
 * One attempt of a handler, from input to outcome. Never throws, and ends after `timeoutMilliseconds`, or when the task is
 * cancelled, even if the handler ignores its signal: what it would still return is dropped.
 */
export async function runHandler(
  definition: TaskDefinition,
  call: HandlerCall,
  task: RunningTask,
  timeoutMilliseconds: number,
  tools: HandlerTools,
): Promise<Outcome> {
  const ended = Promise.withResolvers<Outcome>();
  const controller = new AbortController();
  const end = (outcome: Outcome, reason: TaskFailure): void => {
    controller.abort(reason);
    ended.resolve(outcome);
  };
  const expiry = setTimeout(() => {
    const message = `the attempt took longer than ${timeoutMilliseconds / 1000} s`;
    end(failed('timeout', message, true), new TaskFailure('timeout', message, { retryable: true }));
  }, timeoutMilliseconds);
  const watch = watchAttempt(task, end, tools);
  try {
    const context = contextOf(task, controller.signal, watch, tools);
    return await Promise.race([attempt(definition, call, task, context, tools), ended.promise]);
  } finally {
    clearTimeout(expiry);
    watch.stop();
  }
}

async function attempt(
  definition: TaskDefinition,
  call: HandlerCall,
  task: RunningTask,
  context: TaskContext,
  tools: HandlerTools,
): Promise<Outcome> {
  try {
    const parsed = await definition.input['~standard'].validate(call.input);
    if (parsed.issues !== undefined) {
      const reasons = parsed.issues.map(({ message, path }) => `${path?.map(String).join('.') || 'input'}: ${message}`);
      return failed('invalid_input', `the input does not fit ${task.type}: ${reasons.join('; ')}`, false);
    }
    const parsedCall = { ...call, input: parsed.value };
    const returned = isIsolated(definition)
      ? await tools.isolate(definition, parsedCall, context)
      : await calledHandler(definition, parsedCall, context);
    if (returned instanceof FanOut) return await outcomeOfFanOut(returned, definition, task, tools);
    return outcomeOfOutput(returned ?? null, task);
  } catch (thrown) {
    if (!(thrown instanceof TaskFailure))
      tools.log('warn', 'handler threw', { ...fieldsOf(task), ...stacksOf(thrown) });
    return outcomeOfThrown(thrown);
  }
}

/** What a handler wants its task to be fanned out into, if all of it can run and be combined. */
async function outcomeOfFanOut(
  { subtasks }: FanOut,
  { type, fanOut }: TaskDefinition,
  task: RunningTask,
  { catalog }: HandlerTools,
): Promise<Outcome> {
  if (fanOut === undefined || task.fanOut !== undefined) {
    return failed('invalid_output', `${type} fanned out, and has no fanOut.combine that would follow`, false);
  }
  const refusal = await subtasksRefusal(subtasks, task, catalog);
  if (refusal !== undefined) return failed('invalid_subtasks', `${type} fanned out into ${refusal}`, false);
  return { kind: 'fanned_out', subtasks, onFailure: fanOut.onFailure };
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

function contextOf(
  task: RunningTask,
  signal: AbortSignal,
  { progress }: AttemptWatch,
  { http, log, tracing }: HandlerTools,
): TaskContext {
  const { id, tenantId, type, attempt: number, maxAttempts } = task;
  return {
    ...plainContext(signal),
    task: { id, tenantId, type, attempt: number, maxAttempts },
    http: { request: (url, request) => tracing.call(hostOf(url), () => http.request(url, request)) },
    // Apart, so that no field of a handler takes the place of one of ours.
    log: (message, fields) => log('info', message, { ...fieldsOf(task), ...(fields && { fields }) }),
    progress,
  };
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'nowhere';

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
