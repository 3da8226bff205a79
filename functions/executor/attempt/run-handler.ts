import { setImmediate as turn } from 'node:timers/promises';
import { compact } from '../../core/compact.ts';
import { mapConcurrently } from '../../core/concurrency.ts';
import {
  FanOut,
  fail,
  type SingleTaskDefinition,
  type SubtaskResult,
  type TaskCatalog,
  type TaskContext,
  type TaskDefinition,
  TaskFailure,
} from '../../core/define-task.ts';
import { inputVersionOf, validated } from '../../core/definition/find-definition.ts';
import { validateSubtasks } from '../../core/fan-out/fan-out.ts';
import type { HttpClients } from '../../core/http-client.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Log, Tracing } from '../../core/ports.ts';
import {
  describedOutcome,
  failed,
  fanOutOf,
  isDelay,
  type Outcome,
  outcomeOfThrown,
  outputOf,
} from '../../core/task/outcome.ts';
import type { RunningTask } from '../../core/task/task.ts';
import { fieldsOfThrown } from '../../core/thrown.ts';
import { issueTexts } from '../../core/zod-messages.ts';
import { type DeployedClasses, isIsolated } from '../../resource-classes.ts';
import { withoutSecrets } from '../../runtime/hidden-secrets.ts';
import { logFieldsOf, loggable } from '../telemetry.ts';
import { AttemptScope, attemptHttp } from './attempt-scope.ts';
import { type AttemptWatch, type WatchPorts, watchAttempt } from './watch-attempt.ts';

export type HandlerPorts = WatchPorts & {
  readonly http: HttpClients;
  readonly secret: TaskContext['secret'];
  readonly tracing: Tracing;
  readonly catalog: TaskCatalog;
  readonly classes: DeployedClasses;
  /** Calls the handler of an isolated type in a thread, as `callHandler` would. */
  readonly isolate: (
    definition: SingleTaskDefinition,
    call: HandlerCall,
    ctx: TaskContext,
    tracing?: Tracing,
  ) => Promise<JsonValue | FanOut>;
};

/**
 * Makes one attempt of a handler, from input to outcome. Never throws, and ends after `timeoutMilliseconds`, or when the task is
 * cancelled, even if the handler ignores its signal: what it would still return is dropped.
 */
export async function runHandler(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  task: RunningTask,
  timeoutMilliseconds: number,
  ports: HandlerPorts,
): Promise<Outcome> {
  const ended = Promise.withResolvers<Outcome>();
  const end = (outcome: Outcome, reason: unknown): void => {
    ended.resolve(outcome);
    scope.abort(reason);
  };
  const fields = logFieldsOf(task);
  const scope = new AttemptScope({
    fields,
    log: ports.log,
    fail: (thrown) => end(outcomeOfFailure(thrown, fields, ports), thrown),
  });
  const expiry = setTimeout(() => {
    const reason = timeoutFailure(timeoutMilliseconds);
    end(outcomeOfThrown(reason), reason);
  }, timeoutMilliseconds);
  const watch = watchAttempt(task, end, ports);
  try {
    const context = contextOf(task, watch, scope, ports);
    const work = scope.run(() => outcomeOfCall(definition, call, task, context, ports));
    const outcome = await Promise.race([work, ended.promise]);
    const isOver = outcome.kind === 'succeeded' || outcome.kind === 'fanned_out';
    return isOver ? outcome : compact({ ...outcome, progress: watch.latest() });
  } finally {
    clearTimeout(expiry);
    watch.stop();
    scope.end();
  }
}

/** Returns the failure of an attempt that took too long. */
export const timeoutFailure = (milliseconds: number): TaskFailure =>
  new TaskFailure('timeout', `the attempt took longer than ${milliseconds / 1000} s`, { retryable: true });

async function outcomeOfCall(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  task: RunningTask,
  context: TaskContext,
  ports: HandlerPorts,
): Promise<Outcome> {
  try {
    const parsedCall = { ...call, input: await parseInput(definition, call.input, task, ports) };
    const returned = isIsolated(definition)
      ? await ports.isolate(definition, parsedCall, context, ports.tracing)
      : await callHandler(definition, parsedCall, context);
    if (returned instanceof FanOut) return await outcomeOfFanOut(returned, definition, task, ports);
    return { kind: 'succeeded', output: returned };
  } catch (thrown) {
    const isLogged = context.signal.aborted && thrown === context.signal.reason;
    return outcomeOfFailure(thrown, logFieldsOf(task), isLogged ? LOGGED : ports);
  }
}

/** What has ended an attempt from outside of its handler, and comes out of that as well, as `process.exit` does, is in the log. */
export const LOGGED: Pick<HandlerPorts, 'log'> = { log: () => {} };

/** Returns what the schema of a type makes of an input. Throws the failure of one that does not fit. */
export async function parseInput(
  definition: TaskDefinition,
  input: unknown,
  { inputVersion: accepted }: Pick<RunningTask, 'inputVersion'>,
  { catalog }: Pick<HandlerPorts, 'catalog'>,
): Promise<unknown> {
  const parsed = await validated(definition, input);
  if (parsed.issues === undefined) return parsed.value;
  const reasons = issueTexts(parsed.issues, (path) => path || 'input');
  const refusing = inputVersionOf(catalog, definition.type);
  const by = refusing === undefined ? '' : ` by version ${refusing} of its schema`;
  const before = accepted === undefined ? '' : `, which version ${accepted} has accepted`;
  throw new TaskFailure('invalid_input', `the input does not fit ${definition.type}${by}${before}: ${reasons}`);
}

/** Returns the outcome of what a handler threw. A fault is logged whole: a task shows no more of its stack than what is the handler's. */
export function outcomeOfFailure(
  thrown: unknown,
  fields: Parameters<Log>[2],
  { log }: Pick<HandlerPorts, 'log'>,
): Outcome {
  try {
    const outcome = describedOutcome(thrown);
    if (!(thrown instanceof TaskFailure)) {
      log('warn', 'handler threw', { ...fields, ...(outcome.thrown && fieldsOfThrown(outcome.thrown)) });
    } else if (thrown.retryAfterSeconds !== undefined && !isDelay(thrown.retryAfterSeconds)) {
      log('warn', 'retryAfterSeconds ignored', { ...fields, retry_after_seconds: String(thrown.retryAfterSeconds) });
    }
    return withoutSecrets(outcome);
  } catch {
    // Even to look at it throws: a Proxy, a getter.
    return failed('handler_error', 'the handler threw something that cannot be read', true);
  }
}

/** Returns the fan-out that a handler asks for, if all of it can run and be combined; otherwise why not. */
async function outcomeOfFanOut(
  { subtasks }: FanOut,
  { type, fanOut }: SingleTaskDefinition,
  task: RunningTask,
  ports: HandlerPorts,
): Promise<Outcome> {
  if (fanOut === undefined || task.fanOut !== undefined) {
    return failed('invalid_output', `${type} fanned out, and has no fanOut.combine that would follow`, false);
  }
  const refusal = await validateSubtasks(subtasks, task, ports);
  if (refusal !== undefined) return failed('invalid_subtasks', `${type} fanned out into ${refusal}`, false);
  return { kind: 'fanned_out', subtasks, onFailure: fanOut.onFailure };
}

function contextOf(
  task: RunningTask,
  { progress }: AttemptWatch,
  scope: AttemptScope,
  { http, secret, tracing }: HandlerPorts,
): TaskContext {
  return {
    ...baseContext(scope.signal),
    task: taskForHandler(task),
    ...firingForHandler(task),
    http: attemptHttp(http.of(task.tenantId), scope.signal, tracing.call),
    secret,
    log: logOf(scope),
    progress,
  };
}

/** Returns `ctx.log` of an attempt. */
export const logOf =
  (scope: AttemptScope): TaskContext['log'] =>
  (...line) => {
    const [message, fields] = loggable(...line);
    // They are kept apart, so that no field of a handler takes the place of one of ours.
    scope.log('info', message, fields === undefined ? {} : { fields });
  };

/** Returns a task as its handler sees it. */
export const taskForHandler = ({ id, tenantId, type, attempt, maxAttempts }: RunningTask): TaskContext['task'] => ({
  id,
  tenantId,
  type,
  attempt,
  maxAttempts,
});

/** Returns the firing of a task as its handler sees it, under its name in the context. */
export const firingForHandler = ({ schedule }: RunningTask): Pick<TaskContext, 'schedule'> =>
  schedule === undefined ? {} : { schedule: { id: schedule.id, time: isoTime(schedule.time) } };

/** Says which handler of a definition is called, and with what. The input is JSON until its schema has parsed it. */
export type HandlerCall =
  | { readonly handler: 'run'; readonly input: unknown }
  | { readonly handler: 'combine'; readonly input: unknown; readonly results: readonly SubtaskResult[] };

/** Calls the handler in this thread. What it returns becomes what JSON carries: otherwise it could not leave a thread. */
export async function callHandler(
  definition: SingleTaskDefinition,
  call: HandlerCall,
  context: TaskContext,
): Promise<JsonValue | FanOut> {
  const returned = await callWithContext(context, async (ctx) => {
    if (call.handler === 'run') return definition.run(call.input, ctx);
    if (definition.fanOut !== undefined) return definition.fanOut.combine(call.results, call.input, ctx);
    return ctx.fail('no_combine', `${definition.type} was fanned out, and has no fanOut.combine any more`);
  });
  return returned instanceof FanOut ? fanOutOf(returned, definition.type) : outputOf(returned, definition);
}

/**
 * Returns what a handler returns, once a rejection that it has left behind has been heard. Where the handler goes on after
 * `ctx.fail`, which some `catch` of its own must have swallowed, the log says so: the task will seem to have gone well.
 */
export async function callWithContext<Context extends Pick<TaskContext, 'fail'>, Returned>(
  context: Context,
  run: (ctx: Context) => Promise<Returned>,
): Promise<Returned> {
  let caught: object | undefined;
  const fail: TaskContext['fail'] = (code, message, options) => {
    caught = { error: code, error_message: message };
    return context.fail(code, message, options);
  };
  const returned = await run({ ...context, fail });
  await turn();
  if (caught !== undefined) AttemptScope.current()?.log('warn', 'ctx.fail was caught: the attempt goes on', caught);
  return returned;
}

/** `ctx.map` does so many items at a time, unless it is told otherwise. */
const MAP_LIMIT = 10;

/** Returns the part of a handler's context that needs nothing but its signal, whatever thread it runs in. */
export const baseContext = (signal: AbortSignal): Pick<TaskContext, 'signal' | 'map' | 'fanOut' | 'fail'> => ({
  signal,
  map: (items, work, limit = MAP_LIMIT) =>
    mapConcurrently(items, limit, async (item, index) => {
      signal.throwIfAborted();
      return work(item, index);
    }),
  fanOut: (subtasks) => new FanOut(subtasks),
  fail,
});
