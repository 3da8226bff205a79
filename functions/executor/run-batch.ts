import { type BatchTaskDefinition, TaskFailure } from '../core/define-task.ts';
import { failed, type Outcome, outcomeOfOutput, outcomeOfThrown } from '../core/outcome.ts';
import type { Meter } from '../core/ports.ts';
import type { RunningTask } from '../core/task.ts';
import type { Claimed } from './claim-task.ts';
import { GRACE_MILLISECONDS } from './executor-ports.ts';
import { plainContext } from './plain-context.ts';
import {
  type HandlerTools,
  outcomeOfFailure,
  parsedInput,
  shownTask,
  timeoutFailure,
  tracedHttp,
} from './run-handler.ts';
import { fieldsOf } from './task-fields.ts';
import { watchAttempt } from './watch-attempt.ts';

export type BatchTools = HandlerTools & { readonly meter: Meter };

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
  tools: BatchTools,
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
  tools: BatchTools,
): Promise<Item[]> {
  const items = await Promise.all(
    claimed.map(async ({ task, input }) => {
      try {
        return [{ task, input: await parsedInput(definition, input) }];
      } catch (thrown) {
        outcomes.set(task, outcomeOfFailure(thrown, fieldsOf(task), tools));
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
  tools: BatchTools,
): Promise<Outcomes> {
  const over = Promise.withResolvers<Outcomes>();
  const controller = new AbortController();
  let grace: NodeJS.Timeout | undefined;
  const expiry = setTimeout(() => {
    const reason = timeoutFailure(timeoutMilliseconds);
    controller.abort(reason);
    // What it knows by now still counts: those tasks need not be done twice.
    grace = setTimeout(() => over.resolve(outcomeForAll(items, outcomeOfThrown(reason))), GRACE_MILLISECONDS);
  }, timeoutMilliseconds);
  const watches = items.map(({ task }) => {
    const end = (outcome: Outcome, reason: TaskFailure): void => {
      ended.set(task, outcome);
      if (items.some((item) => !ended.has(item.task))) return;
      controller.abort(reason);
      over.resolve(ended);
    };
    return watchAttempt(task, end, tools);
  });
  try {
    return await Promise.race([called(definition, items, controller.signal, tools), over.promise]);
  } finally {
    clearTimeout(expiry);
    clearTimeout(grace);
    for (const watch of watches) watch.stop();
  }
}

async function called(
  definition: BatchTaskDefinition,
  items: readonly Item[],
  signal: AbortSignal,
  { http, log, meter, tracing }: BatchTools,
): Promise<Outcomes> {
  const { type } = definition;
  const fields = { task_type: type, tasks: items.length };
  const context = {
    ...plainContext(signal),
    // All are of one tenant.
    http: tracedHttp(http.of(items[0]?.task.tenantId ?? ''), tracing),
    // Apart, so that no field of a handler takes the place of one of ours.
    log: (message: string, more?: object) => log('info', message, { ...fields, ...(more && { fields: more }) }),
  };
  const outcomeOfError = (error: unknown, about: object): Outcome =>
    // An abort is thrown in many forms, and all say the same.
    outcomeOfFailure(signal.aborted && !(error instanceof TaskFailure) ? signal.reason : error, { ...about }, { log });
  for (const { task } of items.slice(0, 1)) meter.record(task.executorKey, 'batchSize', items.length);
  try {
    const shown = items.map(({ task, input }) => ({ task: shownTask(task), input }));
    const outcomes = await definition.run(shown, context);
    if (!Array.isArray(outcomes) || outcomes.length !== items.length) {
      const count = Array.isArray(outcomes) ? outcomes.length : 'no list of';
      const message = `${type} returned ${count} outcomes for ${items.length} tasks: which is whose cannot be told`;
      return outcomeForAll(items, failed('invalid_output', message, false));
    }
    return new Map(
      items.flatMap(({ task }, place): [RunningTask, Outcome][] => {
        const outcome = outcomes[place];
        if (outcome === undefined) return [];
        if (outcome instanceof Error) return [[task, outcomeOfError(outcome, fieldsOf(task))]];
        return [[task, outcomeOfOutput(outcome, type)]];
      }),
    );
  } catch (thrown) {
    return outcomeForAll(items, outcomeOfError(thrown, fields));
  }
}

const outcomeForAll = (items: readonly Item[], outcome: Outcome): Outcomes =>
  new Map(items.map(({ task }) => [task, outcome]));
