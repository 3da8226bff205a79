import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { Priority, ResourceClass } from '../contract.ts';
import type { FailOptions } from './definition/fail-options.ts';
import type { Advised, Frozen, JsonableReturn, Jsonified } from './definition/jsonable.ts';
import type { FiringContext, ScheduleEntry } from './definition/schedule-entry.ts';
import type { AttemptHttp } from './http-client.ts';
import type { JsonValue } from './json.ts';
import type { RetryPolicy } from './task/retry.ts';
import { messageText } from './thrown.ts';

/** A schema of a library that speaks Standard Schema and Standard JSON Schema (zod 4, arktype, valibot): what it takes, and makes of it. */
export type TaskSchema<Taken = unknown, Made = unknown> = StandardSchemaV1<Taken, Made> &
  StandardJSONSchemaV1<Taken, Made>;

/** A handler need not be async. */
type Awaitable<T> = T | Promise<T>;

/** No value has it: by its type alone a subtask tells what its output will be. */
declare const OUTPUT: unique symbol;

/**
 * One part of a task, to run as a task of its own. What is not given is as its type says, and the priority as the parent's.
 * `subtask` makes one whose input is checked.
 */
export type Subtask<Output = unknown> = {
  readonly type: string;
  readonly input: unknown;
  readonly priority?: Priority;
  readonly maxAttempts?: number;
  readonly timeoutSeconds?: number;
  readonly [OUTPUT]?: Output;
};

/** Tells what the output of a subtask will be: any JSON where its type is known by name alone. */
export type SubtaskOutput<Part> = Part extends { readonly [OUTPUT]?: infer Output }
  ? unknown extends Output
    ? JsonValue
    : Output
  : JsonValue;

/** How a subtask ended, as `combine` is given it. */
export type SubtaskResult<Output = JsonValue> =
  | { readonly status: 'succeeded'; readonly output: Output }
  | { readonly status: 'failed' | 'cancelled'; readonly error: { readonly code: string; readonly message: string } };

/** What `ctx.fanOut` makes, and `run` returns in place of an output. */
export class FanOut<Output = unknown> {
  declare readonly [OUTPUT]?: Output;
  readonly subtasks: readonly Subtask[];

  constructor(subtasks: readonly Subtask[]) {
    this.subtasks = subtasks;
  }

  /** Within an output, or as an outcome of a batch, it is no data: by this name it is refused (`core/json.ts`). */
  get [Symbol.toStringTag](): string {
    return 'FanOut';
  }
}

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
  /** The firing of a schedule that it runs for; a subtask has that of its parent, and other tasks have none. */
  readonly schedule?: FiringContext;
  /** Aborts at the task's timeout, when the task is cancelled, and when the attempt is over. Pass it on to whatever can wait. */
  readonly signal: AbortSignal;
  /** Sends requests, only to the hosts that the deployment allows. */
  readonly http: AttemptHttp;
  /** Reads a secret of its class: fetched once, and kept for five minutes. */
  readonly secret: (name: string) => Promise<string>;
  /**
   * Writes one structured line that carries the task's id and attempt, as each line of `console` does. Never throws: what
   * JSON cannot carry is written as `util.inspect` shows it.
   */
  readonly log: (message: string, fields?: object) => void;
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
  readonly fanOut: <const Parts extends readonly Subtask[]>(subtasks: Parts) => FanOut<SubtaskOutput<Parts[number]>>;
  /**
   * Throws, which ends the attempt as failed unless the handler catches it: then its output counts, and a line in the log
   * warns of it. `code` is for programs, up to 64 letters, digits, `_ . : -`; `message` for people. Not retryable unless
   * asked; `retryAfterSeconds` is the least delay before the next attempt, and no number from 0 on is none.
   */
  readonly fail: (code: string, message: string, options?: FailOptions) => never;
};

/** What the definition of every type of task has. */
type CommonDefinition<Input, Submitted, Type extends string, Given, Kept> = {
  /** Dotted lower-case name, unique in the deployment: `markdown.render`. */
  readonly type: Type;
  readonly description: string;
  readonly resources: ResourceClass;
  readonly priority: Priority;
  /** How long one attempt may take: at most the `timeoutSeconds` of its class. */
  readonly timeoutSeconds: number;
  readonly retry: RetryPolicy;
  /** How many days a task that has ended can be read, 1 to 365: those of the deployment unless given. A subtask is there as long as its parent. */
  readonly retentionDays?: number;
  readonly input: TaskSchema<Submitted, Input>;
  /**
   * Checks what `run`, or `combine`, returns, as JSON carries it: a date has become its ISO text. What the schema makes of that
   * is the output; what does not fit fails the task with `invalid_output`. It is shown by `GET /api/definitions` and in the
   * OpenAPI document.
   */
  readonly output?: TaskSchema<Given, Kept>;
  /** Has its tasks made by the clock, in step with each deployment: `docs/schedules.md`. */
  readonly schedule?: readonly ScheduleEntry[];
};

/** A type whose tasks run one by one. */
export type SingleTaskDefinition<
  Input = unknown,
  Returned = unknown,
  Submitted = unknown,
  Type extends string = string,
  Part = unknown,
  Combined = Returned,
  Given = unknown,
  Kept = unknown,
> = CommonDefinition<Input, Submitted, Type, Given, Kept> & {
  readonly batch?: undefined;
  /**
   * Runs the handler in a thread that a timeout can end, whatever it does: for work that takes the CPU. It has the variables of
   * its class, its input as a structured clone, and no credentials of AWS unless it says `credentials`. If not given, tasks of
   * `cpu-intensive` are isolated.
   */
  readonly isolated?: boolean;
  /** Gives an isolated handler the credentials of its class, which every other handler has: it may call what that was granted. */
  readonly credentials?: boolean;
  /** Says what becomes of the subtasks that `run` may return. */
  readonly fanOut?: FanOutPolicy<Input, Part, Combined>;
  /** Does the work of one attempt. What it returns is the output; what it throws fails the attempt. */
  run(input: Input, ctx: TaskContext): Awaitable<Returned | FanOut<Part>>;
};

/** A type whose tasks run many at a time, on the batch lane of its class whatever their priority. */
export type BatchTaskDefinition<
  Input = unknown,
  Returned = unknown,
  Submitted = unknown,
  Type extends string = string,
  Given = unknown,
  Kept = unknown,
> = CommonDefinition<Input, Submitted, Type, Given, Kept> & {
  readonly batch: BatchPolicy;
  /** A thread runs one task at a time, so no batch runs in one. */
  readonly isolated?: false;
  readonly fanOut?: undefined;
  /**
   * Does the work of one attempt of each task; all are of one tenant, and the shortest of their timeouts holds. Returns as
   * many outcomes, in the order of the items: the output of a task, or the error that fails it alone, a `TaskFailure` or
   * any other. What it throws fails them all. At a timeout, what it returns within 250 ms still counts.
   */
  run(items: readonly BatchItem<Input>[], ctx: BatchContext): Awaitable<readonly BatchOutcome<Returned>[]>;
};

/** Everything that Millrace needs to know of one type of task. */
export type TaskDefinition<Input = unknown, Returned = unknown> =
  | SingleTaskDefinition<Input, Returned>
  | BatchTaskDefinition<Input, Returned>;

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
export type BatchItem<Input = unknown> = Pick<TaskContext, 'task' | 'schedule'> & { readonly input: Input };

export type BatchOutcome<Returned = JsonValue> = Returned | Error;

/** What a batch handler is given beside its items; `fail` fails all of them. */
export type BatchContext = Pick<TaskContext, 'signal' | 'http' | 'secret' | 'log' | 'map' | 'fail'>;

export type FanOutPolicy<Input = unknown, Part = unknown, Combined = unknown> = {
  /**
   * `fail`: with the first subtask that fails the task fails too, and the others are cancelled. `collect`: all are waited
   * for.
   */
  readonly onFailure: 'fail' | 'collect';
  /** Makes the output once every subtask has ended, in an attempt of its own; `results` in the order of the subtasks. */
  combine(results: readonly SubtaskResult<Part>[], input: Input, ctx: TaskContext): Awaitable<Combined>;
};

/** What a handler may return: what JSON can carry, or with an output schema what that takes. */
type Returnable<Returned, Given> = [Given] extends [never] ? JsonableReturn<Returned> : Frozen<Given>;

/** What comes of a handler: what it returns, unless an output schema makes something of that. */
type Result<Returned, Given, Kept> = [Given] extends [never] ? Exclude<Returned, FanOut> : Kept;

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
export function defineTask<
  const Type extends string,
  Submitted,
  Input,
  const Returned extends Returnable<Returned, Given>,
  Given = never,
  Kept = never,
>(
  definition: BatchTaskDefinition<Input, Returned, Submitted, Type, Given, Kept> & Advised<'run', Returned, Given>,
): BatchTaskDefinition<Input, Result<Returned, Given, Kept>, Submitted, Type>;
export function defineTask<
  const Type extends string,
  Submitted,
  Input,
  const Returned extends Returnable<Returned, Given> | FanOut = never,
  Part = never,
  const Combined extends Returnable<Combined, Given> = never,
  Given = never,
  Kept = never,
>(
  definition: SingleTaskDefinition<Input, Returned, Submitted, Type, Part, Combined, Given, Kept> &
    Advised<'run', Returned, Given> & { readonly fanOut?: Advised<'combine', Combined, Given> },
): SingleTaskDefinition<Input, Result<Returned | Combined, Given, Kept>, Submitted, Type, Part>;
export function defineTask(definition: TaskDefinition): TaskDefinition {
  return definition;
}

/** Tells what a submit of a type gives for its input. */
export type InputOf<Definition extends TaskDefinition> = StandardSchemaV1.InferInput<Definition['input']>;

/** Tells what a task of a type has for its output, as JSON. */
export type OutputOf<Definition extends TaskDefinition> =
  Definition extends TaskDefinition<infer _Input, infer Returned> ? Jsonified<Returned> : never;

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
    const told = isCode ? text : `${text} (${CODE_RULE}; ${shownCode(code)} is none)`;
    super(told, options?.cause === undefined ? {} : { cause: options.cause });
    this.code = isCode ? code : 'invalid_code';
    this.retryable = Boolean(options?.retryable);
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

const shownCode = (code: unknown): string =>
  typeof code === 'string' ? JSON.stringify(code.slice(0, 100)) : `${typeof code === 'number' ? code : typeof code}`;

/** Throws a `TaskFailure`, as `ctx.fail` does. */
export const fail: TaskContext['fail'] = (code, message, options) => {
  throw new TaskFailure(code, message, options);
};

/** The task types of a deployment, each loaded when first needed. A synth names the version of each input schema. */
export type TaskCatalog = Readonly<
  Record<string, (() => Promise<TaskDefinition>) & { readonly inputVersion?: string }>
>;
