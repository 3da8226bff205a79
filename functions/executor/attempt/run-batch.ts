import { type BatchOutcome, type BatchTaskDefinition, TaskFailure } from '../../core/define-task.ts';
import type { Meter } from '../../core/ports.ts';
import { failed, type Outcome, outcomeOfOutput } from '../../core/task/outcome.ts';
import type { RunningTask } from '../../core/task/task.ts';
import { GRACE_MILLISECONDS } from '../executor-ports.ts';
import { logFieldsOf } from '../telemetry.ts';
import { ATTEMPT_OVER, AttemptScope, attemptHttp } from './attempt-scope.ts';
import {
  baseContext,
  type HandlerPorts,
  logOf,
  outcomeOfFailure,
  parsedInput,
  returnedBy,
  taskForHandler,
  timeoutFailure,
} from './run-handler.ts';
import { watchBatch } from './watch-attempt.ts';

export type BatchHandlerPorts = HandlerPorts & { readonly meter: Meter };

/** Tasks that each line of a batch names; a batch may have 1,000, and CloudWatch bills by the byte. */
const MOST_NAMED = 20;

/** A task that is ours for one attempt, with its input, if that is kept. */
type Claimed = { readonly task: RunningTask; readonly input: unknown };

type Outcomes = Map<RunningTask, Outcome>;
type Item = { readonly task: RunningTask; readonly input: unknown };

/**
 * One call of a batch handler, from inputs to outcomes. Never throws, and ends soon after `timeoutMilliseconds` even if the
 * handler ignores its signal. A task whose input does not fit, or that is cancelled meanwhile, has its own outcome.
 */
export async function runBatch(
  definition: BatchTaskDefinition,
  claimed: readonly Claimed[],
  timeoutMilliseconds: number,
  tools: BatchHandlerPorts,
): Promise<(task: RunningTask) => Outcome> {
  const outcomes: Outcomes = new Map();
  const items = await itemsOf(definition, claimed, outcomes, tools);
  if (items.length > 0) {
    for (const [task, outcome] of await returned(definition, items, outcomes, timeoutMilliseconds, tools)) {
      if (!outcomes.has(task)) outcomes.set(task, outcome);
    }
  }
  const none = failed('invalid_output', `${definition.type} returned no outcome for this task`, false);
  return (task) => outcomes.get(task) ?? none;
}

/** The tasks with what their schema makes of their inputs; those whose input does not fit have their outcome now. */
async function itemsOf(
  definition: BatchTaskDefinition,
  claimed: readonly Claimed[],
  outcomes: Outcomes,
  tools: BatchHandlerPorts,
): Promise<Item[]> {
  const items = await Promise.all(
    claimed.map(async ({ task, input }) => {
      try {
        return [{ task, input: await parsedInput(definition, input) }];
      } catch (thrown) {
        outcomes.set(task, outcomeOfFailure(thrown, logFieldsOf(task), tools));
        return [];
      }
    }),
  );
  return items.flat();
}

/** What the handler returns; `ended` gets the outcomes of tasks that end before it does. */
async function returned(
  definition: BatchTaskDefinition,
  items: readonly Item[],
  ended: Outcomes,
  timeoutMilliseconds: number,
  tools: BatchHandlerPorts,
): Promise<Outcomes> {
  const over = Promise.withResolvers<Outcomes>();
  const late = Promise.withResolvers<never>();
  const controller = new AbortController();
  const { type } = definition;
  const ids = items.map(({ task }) => task.id);
  const fields = { task_type: type, tasks: items.length, task_ids: ids.slice(0, MOST_NAMED) };
  const end = (outcomes: Outcomes, reason: unknown): void => {
    over.resolve(outcomes);
    // What a listener throws is of the attempt, too.
    scope.run(() => controller.abort(reason));
  };
  const scope = new AttemptScope({
    ...{ fields, log: tools.log },
    // It is not to be known which of the items it was about.
    fail: (thrown) => end(outcomeForAll(items, outcomeOfFailure(thrown, { ...fields, task_ids: ids }, tools)), thrown),
  });
  // It may come when nobody waits any more.
  late.promise.catch(() => {});
  let grace: NodeJS.Timeout | undefined;
  const expiry = setTimeout(() => {
    const reason = timeoutFailure(timeoutMilliseconds);
    scope.run(() => controller.abort(reason));
    // What it knows by then still counts, of each task by itself: those need not be done twice.
    grace = setTimeout(() => late.reject(reason), GRACE_MILLISECONDS);
  }, timeoutMilliseconds);
  const endOne = (task: RunningTask, outcome: Outcome, reason: TaskFailure): void => {
    ended.set(task, outcome);
    if (items.every((item) => ended.has(item.task))) end(ended, reason);
  };
  const stopWatch = watchBatch(
    items.map(({ task }) => task),
    endOne,
    tools,
  );
  for (const { task } of items.slice(0, 1)) tools.meter.record(task.executorKey, 'batchSize', items.length);
  try {
    const call = scope.run(() => called(definition, items, controller.signal, late.promise, scope, tools));
    return await Promise.race([call, over.promise]);
  } finally {
    clearTimeout(expiry);
    clearTimeout(grace);
    stopWatch();
    scope.end();
    scope.run(() => controller.abort(ATTEMPT_OVER));
  }
}

async function called(
  definition: BatchTaskDefinition,
  items: readonly Item[],
  signal: AbortSignal,
  late: Promise<never>,
  scope: AttemptScope,
  { http, log, tracing }: BatchHandlerPorts,
): Promise<Outcomes> {
  const { type } = definition;
  // All are of one tenant.
  const tenantHttp = http.of(items[0]?.task.tenantId ?? '');
  const context = { ...baseContext(signal), http: attemptHttp(tenantHttp, signal, tracing.call), log: logOf(scope) };
  const outcomeOfError = (error: unknown, about: object): Outcome =>
    // An abort is thrown in many forms, and all say the same.
    outcomeOfFailure(signal.aborted && !(error instanceof TaskFailure) ? signal.reason : error, { ...about }, { log });
  try {
    // Sorted in place, each task would get the outcome of another.
    const shown = Object.freeze(items.map(({ task, input }) => ({ task: taskForHandler(task), input })));
    const outcomes: unknown = await returnedBy(context, (ctx) => settledAll(definition.run(shown, ctx), late));
    if (!Array.isArray(outcomes) || outcomes.length !== items.length) {
      const count = Array.isArray(outcomes) ? outcomes.length : 'no list of';
      const message = `${type} returned ${count} outcomes for ${items.length} tasks: which is whose cannot be told`;
      return outcomeForAll(items, failed('invalid_output', message, false));
    }
    const outcomeOfItem = (task: RunningTask, settled: PromiseSettledResult<BatchOutcome>): Outcome => {
      try {
        if (settled.status === 'rejected') throw settled.reason;
        if (settled.value instanceof Error) throw settled.value;
        return outcomeOfOutput(settled.value, type);
      } catch (thrown) {
        return outcomeOfError(thrown, logFieldsOf(task));
      }
    };
    return new Map(
      items.flatMap(({ task }, place): [RunningTask, Outcome][] => {
        const settled: PromiseSettledResult<BatchOutcome> = outcomes[place];
        const isMissing = settled.status === 'fulfilled' && settled.value === undefined;
        return isMissing ? [] : [[task, outcomeOfItem(task, settled)]];
      }),
    );
  } catch (thrown) {
    return outcomeForAll(items, outcomeOfError(thrown, scope.fields));
  }
}

/**
 * What a handler has returned for each task; where that is a promise, as `items.map(async ...)` makes them, what becomes of it.
 * What has not come by then is rejected as `late` is.
 */
async function settledAll(returned: Promise<unknown>, late: Promise<never>): Promise<unknown> {
  const outcomes = await Promise.race([returned, late]);
  if (!Array.isArray(outcomes)) return outcomes;
  return Promise.allSettled(Array.from(outcomes, (outcome) => Promise.race([outcome, late])));
}

const outcomeForAll = (items: readonly Item[], outcome: Outcome): Outcomes =>
  new Map(items.map(({ task }) => [task, outcome]));
