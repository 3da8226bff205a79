import { type BatchOutcome, type BatchTaskDefinition, TaskFailure } from '../../core/define-task.ts';
import type { Meter } from '../../core/ports.ts';
import { failed, type Outcome, outputOf } from '../../core/task/outcome.ts';
import type { RunningTask } from '../../core/task/task.ts';
import { GRACE_MILLISECONDS } from '../executor-ports.ts';
import { logFieldsOf } from '../telemetry.ts';
import { AttemptScope, attemptHttp } from './attempt-scope.ts';
import {
  baseContext,
  callWithContext,
  firingForHandler,
  type HandlerPorts,
  LOGGED,
  logOf,
  outcomeOfFailure,
  parseInput,
  taskForHandler,
  timeoutFailure,
} from './run-handler.ts';
import { watchBatch } from './watch-attempt.ts';

export type BatchHandlerPorts = HandlerPorts & { readonly meter: Meter };

/** Each line of a batch names so many of its tasks: it may have 1,000, and CloudWatch bills by the byte. */
const MOST_NAMED = 20;

type Outcomes = Map<RunningTask, Outcome>;
/** A task of the batch, and its input: JSON until its schema has parsed it. */
type Item = { readonly task: RunningTask; readonly input: unknown };

/**
 * Calls a batch handler once, and returns the outcome of each task. Never throws, and ends soon after `timeoutMilliseconds`
 * even if the handler ignores its signal. A task whose input does not fit, or that is cancelled meanwhile, has its own outcome.
 */
export async function runBatch(
  definition: BatchTaskDefinition,
  claimed: readonly Item[],
  timeoutMilliseconds: number,
  ports: BatchHandlerPorts,
): Promise<(task: RunningTask) => Outcome> {
  const outcomes: Outcomes = new Map();
  const items = await parseItems(definition, claimed, outcomes, ports);
  if (items.length > 0) {
    for (const [task, outcome] of await runItems(definition, items, outcomes, timeoutMilliseconds, ports)) {
      if (!outcomes.has(task)) outcomes.set(task, outcome);
    }
  }
  const none = failed('invalid_output', `${definition.type} returned no outcome for this task`, false);
  return (task) => outcomes.get(task) ?? none;
}

/** Returns the tasks with what their schema makes of their inputs; those whose input does not fit have their outcome now. */
async function parseItems(
  definition: BatchTaskDefinition,
  claimed: readonly Item[],
  outcomes: Outcomes,
  ports: BatchHandlerPorts,
): Promise<Item[]> {
  const items = await Promise.all(
    claimed.map(async ({ task, input }) => {
      try {
        return [{ task, input: await parseInput(definition, input, task, ports) }];
      } catch (thrown) {
        outcomes.set(task, outcomeOfFailure(thrown, logFieldsOf(task), ports));
        return [];
      }
    }),
  );
  return items.flat();
}

/** Returns the outcomes that the handler, or its end, makes; `ended` gets those of tasks that end before it does. */
async function runItems(
  definition: BatchTaskDefinition,
  items: readonly Item[],
  ended: Outcomes,
  timeoutMilliseconds: number,
  ports: BatchHandlerPorts,
): Promise<Outcomes> {
  const over = Promise.withResolvers<Outcomes>();
  const late = Promise.withResolvers<never>();
  // It may be rejected when nobody waits any more.
  late.promise.catch(() => {});
  const end = (outcomes: Outcomes, reason: unknown): void => {
    over.resolve(outcomes);
    scope.abort(reason);
  };
  const ids = items.map(({ task }) => task.id);
  const fields = { task_type: definition.type, tasks: items.length, task_ids: ids.slice(0, MOST_NAMED) };
  const scope = new AttemptScope({
    fields,
    log: ports.log,
    // Nobody can know which of the items the error was about.
    fail: (thrown) => end(outcomeForAll(items, outcomeOfFailure(thrown, { ...fields, task_ids: ids }, ports)), thrown),
  });
  let grace: NodeJS.Timeout | undefined;
  const expiry = setTimeout(() => {
    const reason = timeoutFailure(timeoutMilliseconds);
    scope.abort(reason);
    // What the handler knows of each task by then still counts: that need not be done twice.
    grace = setTimeout(() => late.reject(reason), GRACE_MILLISECONDS);
  }, timeoutMilliseconds);
  const endOne = (task: RunningTask, outcome: Outcome, reason: TaskFailure): void => {
    ended.set(task, outcome);
    if (items.every((item) => ended.has(item.task))) end(ended, reason);
  };
  const stopWatch = watchBatch(
    items.map(({ task }) => task),
    endOne,
    ports,
  );
  const [first] = items;
  if (first !== undefined) ports.meter.record(first.task.executorKey, 'batchSize', items.length);
  try {
    const work = scope.run(() => outcomesOfCall(definition, items, late.promise, scope, ports));
    return await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(expiry);
    clearTimeout(grace);
    stopWatch();
    scope.end();
  }
}

/** Calls the handler, and makes an outcome of what it returns or throws for each item. None is made where it returns nothing. */
async function outcomesOfCall(
  definition: BatchTaskDefinition,
  items: readonly Item[],
  late: Promise<never>,
  scope: AttemptScope,
  { http, secret, log, tracing }: BatchHandlerPorts,
): Promise<Outcomes> {
  const { type } = definition;
  const { signal } = scope;
  // All items are of one tenant.
  const tenantHttp = http.of(items[0]?.task.tenantId ?? '');
  const context = {
    ...baseContext(signal),
    http: attemptHttp(tenantHttp, signal, tracing.call),
    secret,
    log: logOf(scope),
  };
  const outcomeOfError = (error: unknown, about: object): Outcome => {
    // An abort is thrown in many forms, and all say the same.
    const isAbort = signal.aborted && !(error instanceof TaskFailure);
    return isAbort
      ? outcomeOfFailure(signal.reason, { ...about }, LOGGED)
      : outcomeOfFailure(error, { ...about }, { log });
  };
  try {
    // It is frozen: sorted in place, each task would get the outcome of another.
    const shown = Object.freeze(
      items.map(({ task, input }) => ({ task: taskForHandler(task), ...firingForHandler(task), input })),
    );
    const outcomes: unknown = await callWithContext(context, (ctx) =>
      allSettledBefore(late, definition.run(shown, ctx)),
    );
    if (!Array.isArray(outcomes) || outcomes.length !== items.length) {
      const count = Array.isArray(outcomes) ? outcomes.length : 'no list of';
      const message = `${type} returned ${count} outcomes for ${items.length} tasks: which is whose cannot be told`;
      return outcomeForAll(items, failed('invalid_output', message, false));
    }
    const outcomeOfItem = async (task: RunningTask, settled: PromiseSettledResult<BatchOutcome>): Promise<Outcome> => {
      try {
        if (settled.status === 'rejected') throw settled.reason;
        if (settled.value instanceof Error) throw settled.value;
        return { kind: 'succeeded', output: await Promise.race([outputOf(settled.value, definition), late]) };
      } catch (thrown) {
        return outcomeOfError(thrown, logFieldsOf(task));
      }
    };
    const known = await Promise.all(
      items.map(async ({ task }, place): Promise<[RunningTask, Outcome][]> => {
        const settled: PromiseSettledResult<BatchOutcome> = outcomes[place];
        const isMissing = settled.status === 'fulfilled' && settled.value === undefined;
        return isMissing ? [] : [[task, await outcomeOfItem(task, settled)]];
      }),
    );
    return new Map(known.flat());
  } catch (thrown) {
    return outcomeForAll(items, outcomeOfError(thrown, scope.fields));
  }
}

/**
 * Returns what a handler has returned for each task; where that is a promise, as `items.map(async ...)` makes them, what
 * becomes of it. What has not come when `late` is rejected is rejected likewise.
 */
async function allSettledBefore(late: Promise<never>, returned: unknown): Promise<unknown> {
  const outcomes = await Promise.race([returned, late]);
  if (!Array.isArray(outcomes)) return outcomes;
  return Promise.allSettled(Array.from(outcomes, (outcome) => Promise.race([outcome, late])));
}

const outcomeForAll = (items: readonly Item[], outcome: Outcome): Outcomes =>
  new Map(items.map(({ task }) => [task, outcome]));
