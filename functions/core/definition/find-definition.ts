import {
  type BatchTaskDefinition,
  type TaskCatalog,
  type TaskDefinition,
  TaskFailure,
  type TaskSchema,
} from '../define-task.ts';
import { inTime } from '../in-time.ts';
import type { JsonValue } from '../json.ts';
import { messageText } from '../thrown.ts';

/** A definition may take so long to load, or to look at an input: nothing that a process waits for takes longer. */
const DEFINITION_MILLISECONDS = 10_000;

/** The wait between attempts at a task whose type is not there, or broken: a deployment that mends it takes a minute or two. */
export const DEPLOYMENT_SECONDS = 60;

/** Definitions that have not loaded in time, until they do: nobody waits for one of them again. */
const hanging = new WeakSet<() => Promise<TaskDefinition>>();

/**
 * Returns the definition of a type; `undefined` where the deployment has none of that name. Throws `definition_broken` where it
 * cannot be loaded: a module that is not in the bundle, or one that throws, or that never comes to its end.
 */
export async function findDefinition(catalog: TaskCatalog, type: string): Promise<TaskDefinition | undefined> {
  const load = Object.hasOwn(catalog, type) ? catalog[type] : undefined;
  if (load === undefined) return undefined;
  try {
    if (hanging.has(load)) throw new Error('its module has not come to its end');
    const loading = load();
    return await inTime(loading, DEFINITION_MILLISECONDS).catch((late: unknown) => {
      hanging.add(load);
      const isOver = (): boolean => hanging.delete(load);
      // A definition that has failed may be loaded again at once.
      loading.then(isOver, isOver);
      throw late;
    });
  } catch (cause) {
    throw brokenDefinition(type, 'cannot be loaded', cause);
  }
}

/** Returns the version of the input schema of a type, where a synth has named it. */
export const inputVersionOf = (catalog: TaskCatalog, type: string): string | undefined =>
  Object.hasOwn(catalog, type) ? catalog[type]?.inputVersion : undefined;

/** Returns what the schema of a type makes of an input. Throws `definition_broken` where the schema itself fails. */
export const validated = ({ type, input: schema }: TaskDefinition, input: unknown) =>
  answerOf(schema, input, type, 'has a schema that fails');

/** Returns what an output schema of a type makes of an output. Throws `definition_broken` where the schema itself fails. */
export const validatedOutput = (type: string, schema: TaskSchema, output: JsonValue) =>
  answerOf(schema, output, type, 'has an output schema that fails');

async function answerOf(schema: TaskSchema, value: unknown, type: string, failure: string) {
  try {
    const answer = schema['~standard'].validate(value);
    return answer instanceof Promise ? await inTime(answer, DEFINITION_MILLISECONDS) : answer;
  } catch (cause) {
    throw brokenDefinition(type, failure, cause);
  }
}

/** What whoever needs a definition fails with while it is broken; `summary` leaves out the cause, which strangers are not told. */
export type BrokenDefinition = TaskFailure & { readonly type: string; readonly summary: string };

export function brokenDefinition(type: string, how: string, cause: unknown): BrokenDefinition {
  const summary = `the definition of ${type} ${how}`;
  const reason = messageText(cause instanceof Error ? cause.message : cause);
  const options = { retryable: true, retryAfterSeconds: DEPLOYMENT_SECONDS };
  return Object.assign(new TaskFailure('definition_broken', `${summary}: ${reason}`, options), {
    type,
    summary,
    cause,
  });
}

export const isBrokenDefinition = (error: unknown): error is BrokenDefinition =>
  error instanceof TaskFailure && error.code === 'definition_broken' && 'summary' in error;

/**
 * Returns the definition of a type whose tasks run in batches; `undefined` for any other, and for one that cannot be loaded:
 * whoever runs a task of it will say so.
 */
export async function findBatchDefinition(
  catalog: TaskCatalog,
  type: string,
): Promise<BatchTaskDefinition | undefined> {
  const definition = await findDefinition(catalog, type).catch(() => undefined);
  return definition?.batch === undefined ? undefined : definition;
}
