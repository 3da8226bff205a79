import {
  FanOut,
  isIsolated,
  type SingleTaskDefinition,
  type TaskCatalog,
  type TaskContext,
  type TaskDefinition,
  TaskFailure,
  validated,
} from '../core/define-task.ts';
import { subtasksRefusal } from '../core/fan-out.ts';
import type { HttpClients } from '../core/http-client.ts';
import { issueTexts } from '../core/issue-texts.ts';
import type { JsonValue } from '../core/json.ts';
import { failed, isDelay, type Outcome, outcomeOfThrown } from '../core/outcome.ts';
import type { Log, Tracing } from '../core/ports.ts';
import type { RunningTask } from '../core/task.ts';
import { describeThrown, fieldsOfThrown } from '../core/thrown.ts';
import { attemptHttp } from './attempt-http.ts';
import { ATTEMPT_OVER, AttemptScope } from './attempt-scope.ts';
import { calledHandler, type HandlerCall } from './handler-call.ts';
import { loggable } from './loggable.ts';
import { plainContext } from './plain-context.ts';
import { fieldsOf } from './task-fields.ts';
import { type AttemptWatch, type WatchTools, watchAttempt } from './watch-attempt.ts';

export type HandlerTools = WatchTools & {
  readonly http: HttpClients;
  readonly tracing: Tracing;
  readonly catalog: TaskCatalog;
  /** Makes a call of an isolated type, as `calledHandler` would. */
  readonly isolate: (
    definition: SingleTaskDefinition,
    call: HandlerCall,
    ctx: TaskContext,
  ) => Promise<JsonValue | FanOut>;
};

/**
 * One attempt of a handler, from input to outcome. Never throws, and ends after `timeoutMilliseconds`, or when the task is
 * cancelled, even if the handler ignores its signal: what it would still return is dropped.
 */
export async function runHandler(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  task: RunningTask,
  timeoutMilliseconds: number,
  tools: HandlerTools,
): Promise<Outcome> {
  const ended = Promise.withResolvers<Outcome>();
  const controller = new AbortController();
  const fields = fieldsOf(task);
  const scope = new AttemptScope({
    ...{ fields, log: tools.log },
    fail: (thrown) => end(outcomeOfFailure(thrown, fields, tools), thrown),
  });
  const end = (outcome: Outcome, reason: unknown): void => {
    ended.resolve(outcome);
    // What a listener throws is of the attempt, too.
    scope.run(() => controller.abort(reason));
  };
  const expiry = setTimeout(() => {
    const reason = timeoutFailure(timeoutMilliseconds);
    end(outcomeOfThrown(reason), reason);
  }, timeoutMilliseconds);
  const watch = watchAttempt(task, end, tools);
  try {
    const context = contextOf(task, controller.signal, watch, scope, tools);
    return await Promise.race([scope.run(() => attempt(definition, call, task, context, tools)), ended.promise]);
  } finally {
    clearTimeout(expiry);
    watch.stop();
    scope.end();
    // What it has left open ends with it: a body that is not read would keep its connection from the tasks that follow.
    scope.run(() => controller.abort(ATTEMPT_OVER));
  }
}

export const timeoutFailure = (milliseconds: number): TaskFailure =>
  new TaskFailure('timeout', `the attempt took longer than ${milliseconds / 1000} s`, { retryable: true });

async function attempt(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  task: RunningTask,
  context: TaskContext,
  tools: HandlerTools,
): Promise<Outcome> {
  try {
    const parsedCall = { ...call, input: await parsedInput(definition, call.input) };
    const returned = isIsolated(definition)
      ? await tools.isolate(definition, parsedCall, context)
      : await calledHandler(definition, parsedCall, context);
    if (returned instanceof FanOut) return await outcomeOfFanOut(returned, definition, task, tools);
    return { kind: 'succeeded', output: returned };
  } catch (thrown) {
    return outcomeOfFailure(thrown, fieldsOf(task), tools);
  }
}

/** What the schema of a type makes of an input. Throws the failure of one that does not fit. */
export async function parsedInput(definition: TaskDefinition, input: unknown): Promise<unknown> {
  const parsed = await validated(definition, input);
  if (parsed.issues === undefined) return parsed.value;
  const reasons = issueTexts(parsed.issues, (path) => path || 'input');
  throw new TaskFailure('invalid_input', `the input does not fit ${definition.type}: ${reasons}`);
}

/** The outcome of what a handler threw. Where it is a fault, all of it is logged: a task never shows its stack. */
export function outcomeOfFailure(
  thrown: unknown,
  fields: Parameters<Log>[2],
  { log }: Pick<HandlerTools, 'log'>,
): Outcome {
  try {
    if (!(thrown instanceof TaskFailure)) {
      log('warn', 'handler threw', { ...fields, ...fieldsOfThrown(describeThrown(thrown)) });
    } else if (thrown.retryAfterSeconds !== undefined && !isDelay(thrown.retryAfterSeconds)) {
      log('warn', 'retryAfterSeconds ignored', { ...fields, retry_after_seconds: String(thrown.retryAfterSeconds) });
    }
    return outcomeOfThrown(thrown);
  } catch {
    // Even to look at it throws: a Proxy, a getter.
    return failed('handler_error', 'the handler threw something that cannot be read', true);
  }
}

/** What a handler wants its task to be fanned out into, if all of it can run and be combined. */
async function outcomeOfFanOut(
  { subtasks }: FanOut,
  { type, fanOut }: SingleTaskDefinition,
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

function contextOf(
  task: RunningTask,
  signal: AbortSignal,
  { progress }: AttemptWatch,
  scope: AttemptScope,
  { http, tracing }: HandlerTools,
): TaskContext {
  return {
    ...plainContext(signal),
    task: shownTask(task),
    http: attemptHttp(http.of(task.tenantId), signal, tracing.call),
    log: logOf(scope),
    progress,
  };
}

/** `ctx.log` of an attempt. */
export const logOf =
  (scope: AttemptScope): TaskContext['log'] =>
  (...line) => {
    const [message, fields] = loggable(...line);
    // Apart, so that no field of a handler takes the place of one of ours.
    scope.log('info', message, fields === undefined ? {} : { fields });
  };

/** A task as its handler sees it. */
export const shownTask = ({ id, tenantId, type, attempt: number, maxAttempts }: RunningTask): TaskContext['task'] => ({
  ...{ id, tenantId, type, attempt: number, maxAttempts },
});
