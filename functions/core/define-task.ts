import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { Priority, ResourceClass } from '../contract.ts';
import type { HttpRequest, HttpResponse } from './http-client.ts';
import { inTime } from './in-time.ts';
import type { JsonValue } from './json.ts';
import type { RetryPolicy } from './task/retry.ts';
import { describeThrown, messageOfThrown } from './thrown.ts';

/** A schema of any library that speaks Standard Schema and Standard JSON Schema (zod 4, arktype, valibot). */
export type InputSchema<Input = unknown> = StandardSchemaV1<unknown, Input> & StandardJSONSchemaV1<unknown, Input>;

/** One part of a task, to run as a task of its own. What is not given is as its type says, and the priority as the parent's. */
export type Subtask = {
  readonly type: string;
  readonly input: JsonValue;
  readonly priority?: Priority;
  readonly maxAttempts?: number;
  readonly timeoutSeconds?: number;
};

/** How a subtask ended, as `combine` is given it. */
export type SubtaskResult =
  | { readonly status: 'succeeded'; readonly output: JsonValue }
  | { readonly status: 'failed' | 'cancelled'; readonly error: { readonly code: string; readonly message: string } };

/** What `ctx.fanOut` makes, and `run` returns in place of an output. */
export class FanOut {
  readonly subtasks: readonly Subtask[];

  constructor(subtasks: readonly Subtask[]) {
    this.subtasks = subtasks;
  }

  /** Within an output, or as an outcome of a batch, it is no data: by this name it is refused (`core/json.ts`). */
  get [Symbol.toStringTag](): string {
    return 'FanOut';
  }
}

/**
 * Outgoing HTTP of an attempt. Its requests, and the bodies of their answers, end with the attempt at the latest: `signal` ends
 * one sooner.
 */
export type AttemptHttp = {
  request(
    url: string,
    request?: Omit<HttpRequest, 'signal'> & { readonly signal?: AbortSignal },
  ): Promise<HttpResponse>;
};

/** What a handler is given beside its input. */
export type TaskContext = {
  /** The attempt being made; `attempt` counts from 1 and never repeats for a task. */
  readonly task: {
    readonly id: string;
    readonly tenantId: string;
    readonly type: string;
    readonly attempt: number;
    readonly maxAttempts: number;
  };
  /**
   * Aborts at the task's timeout, when the task is cancelled, and when the attempt is over: what it has left open ends with
   * it. Pass it on to whatever can wait.
   */
  readonly signal: AbortSignal;
  /** Sends requests, only to the hosts that the deployment allows. */
  readonly http: AttemptHttp;
  /**
   * Writes one structured line that carries the task's id and attempt, as each line of `console` does. Never throws: what
   * JSON cannot carry is written as `util.inspect` shows it.
   */
  readonly log: (message: string, fields?: Record<string, JsonValue>) => void;
  /**
   * Says how far the attempt is, from 0 to 1, for whoever reads the task: told every few seconds, the latest first. Throws
   * `TypeError` for what is no number, such as NaN, and for a note that is no text.
   */
  readonly progress: (fraction: number, note?: string) => void;
  /**
   * Does `work` on every item within this attempt, at most `limit` (10) at a time; results in the order of the items.
   * Throws `RangeError` for a limit under 1 or none at all, such as NaN.
   */
  readonly map: <Item, Result>(
    items: readonly Item[],
    work: (item: Item, index: number) => Promise<Result>,
    limit?: number,
  ) => Promise<Result[]>;
  /** Makes a value for `run` to return: up to 1,000 subtasks then run, and after them the `fanOut.combine` of this type. */
  readonly fanOut: (subtasks: readonly Subtask[]) => FanOut;
  /**
   * Throws, which ends the attempt as failed unless the handler catches it: then its output counts, and a line in the log
   * warns of it. `code` is for programs, up to 64 letters, digits, `_ . : -`; `message` for people. Not retryable unless
   * asked; `retryAfterSeconds` is the least delay before the next attempt, and no number from 0 on is none.
   */
  readonly fail: (code: string, message: string, options?: FailOptions) => never;
};

export type FailOptions = { readonly retryable?: boolean; readonly retryAfterSeconds?: number };

/** What the definition of every type of task has. */
type CommonDefinition<Input> = {
  /** Dotted lower-case name, unique in `tasks/index.ts`: `markdown.render`. */
  readonly type: string;
  readonly description: string;
  readonly resources: ResourceClass;
  readonly priority: Priority;
  /** How long one attempt may take: at most the `attemptTimeoutSeconds` of its class. */
  readonly timeoutSeconds: number;
  readonly retry: RetryPolicy;
  readonly input: InputSchema<Input>;
};

/** A type whose tasks run one by one. */
export type SingleTaskDefinition<Input = unknown> = CommonDefinition<Input> & {
  readonly batch?: undefined;
  /**
   * Runs the handler in a thread that a timeout can end, whatever it does: for work that takes the CPU. The thread has no
   * environment variables, and gets its input as a structured clone. If not given, tasks of `cpu-intensive` are isolated.
   */
  readonly isolated?: boolean;
  /** Says what becomes of the subtasks that `run` may return. */
  readonly fanOut?: FanOutPolicy<Input>;
  /** Does the work of one attempt. What it returns is the output; what it throws fails the attempt. */
  run(input: Input, ctx: TaskContext): Promise<JsonValue | FanOut>;
};

/** A type whose tasks run many at a time, on the batch lane of its class whatever their priority. */
export type BatchTaskDefinition<Input = unknown> = CommonDefinition<Input> & {
  readonly batch: BatchPolicy;
  /** A thread runs one task at a time, so no batch runs in one. */
  readonly isolated?: false;
  readonly fanOut?: undefined;
  /**
   * Does the work of one attempt of each task; all are of one tenant, and the shortest of their timeouts holds. Returns as
   * many outcomes, in the order of the items: the output of a task, or the error that fails it alone, a `TaskFailure` or
   * any other. What it throws fails them all. At a timeout, what it returns within 250 ms still counts.
   */
  run(items: readonly BatchItem<Input>[], ctx: BatchContext): Promise<readonly BatchOutcome[]>;
};

/** Everything that Millrace needs to know of one type of task. */
export type TaskDefinition<Input = unknown> = SingleTaskDefinition<Input> | BatchTaskDefinition<Input>;

export type BatchPolicy = {
  /** The most tasks of one call: 1 to 1,000. */
  readonly maxSize: number;
  /**
   * How long a task waits for others, in whole seconds: up to 300, and 1 at least for a `maxSize` over 10. Where little comes,
   * Lambda may take up to 20 s however short that is.
   */
  readonly windowSeconds: number;
};

/** A task as a batch handler is given it. */
export type BatchItem<Input = unknown> = { readonly task: TaskContext['task']; readonly input: Input };

export type BatchOutcome = JsonValue | Error;

/** What a batch handler is given beside its items; `fail` fails all of them. */
export type BatchContext = Pick<TaskContext, 'signal' | 'http' | 'log' | 'map' | 'fail'>;

export type FanOutPolicy<Input = unknown> = {
  /**
   * `fail`: with the first subtask that fails the task fails too, and the others are cancelled. `collect`: all are waited
   * for.
   */
  readonly onFailure: 'fail' | 'collect';
  /** Makes the output once every subtask has ended, in an attempt of its own; `results` in the order of the subtasks. */
  combine(results: readonly SubtaskResult[], input: Input, ctx: TaskContext): Promise<JsonValue>;
};

/**
 * Declares a type of task. The handler's input is typed by the schema:
 *
 *     export const greet = defineTask({ type: 'greet', ..., input: z.object({ name: z.string() }),
 *       run: async ({ name }) => ({ greeting: `Hello ${name}` }) });
 *
 * With `batch`, the handler gets many tasks at once, and returns an outcome for each:
 *
 *       batch: { maxSize: 100, windowSeconds: 2 },
 *       run: async (items) => items.map(({ input }) => ({ greeting: `Hello ${input.name}` })) });
 */
export function defineTask<Input>(definition: BatchTaskDefinition<Input>): BatchTaskDefinition<Input>;
export function defineTask<Input>(definition: SingleTaskDefinition<Input>): SingleTaskDefinition<Input>;
export function defineTask(definition: TaskDefinition): TaskDefinition {
  return definition;
}

export const isIsolated = ({ isolated, resources }: TaskDefinition): boolean =>
  isolated ?? resources === 'cpu-intensive';

/** People search for codes and clients decide by them, so a code has to stay the same: no sentence, and nothing that varies. */
const FAILURE_CODE = /^[A-Za-z0-9][\w.:-]{0,63}$/;
const CODE_RULE = 'a code is up to 64 letters, digits, _ . : and -, such as card_declined';

/**
 * Thrown by `ctx.fail`, and by anything that knows better than "an error" what went wrong in an attempt. What is given for
 * a code and is none becomes `invalid_code`, and the message says so: to throw here would hide what went wrong.
 */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, options?: FailOptions) {
    const isCode = typeof code === 'string' && FAILURE_CODE.test(code);
    const text = messageText(message);
    super(isCode ? text : `${text} (${CODE_RULE}; ${shownCode(code)} is none)`);
    this.code = isCode ? code : 'invalid_code';
    this.retryable = Boolean(options?.retryable);
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

const shownCode = (code: unknown): string =>
  typeof code === 'string' ? JSON.stringify(code.slice(0, 100)) : `${typeof code === 'number' ? code : typeof code}`;

/** Returns the text of what a cast or plain JavaScript has given for a message: an error that was caught, or data. */
const messageText = (message: unknown): string => {
  if (typeof message === 'string') return message;
  return message === undefined || message === null ? '' : messageOfThrown(describeThrown(message));
};

/** Throws a `TaskFailure`, as `ctx.fail` does. */
export const fail: TaskContext['fail'] = (code, message, options) => {
  throw new TaskFailure(code, message, options);
};

/** The task types of a deployment, each loaded when first needed. */
export type TaskCatalog = Readonly<Record<string, () => Promise<TaskDefinition>>>;

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

/** Returns what the schema of a type makes of an input. Throws `definition_broken` where the schema itself fails. */
export async function validated({ type, input: schema }: TaskDefinition, input: unknown) {
  try {
    const answer = schema['~standard'].validate(input);
    return answer instanceof Promise ? await inTime(answer, DEFINITION_MILLISECONDS) : answer;
  } catch (cause) {
    throw brokenDefinition(type, 'has a schema that fails', cause);
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
