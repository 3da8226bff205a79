import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { Priority, ResourceClass } from '../contract.ts';
import type { HttpClient } from './http-client.ts';
import type { JsonValue } from './json.ts';
import type { RetryPolicy } from './retry.ts';

/** A schema of any library that speaks Standard Schema and Standard JSON Schema (zod 4, arktype, valibot). */
export type InputSchema<Input = unknown> = StandardSchemaV1<unknown, Input> & StandardJSONSchemaV1<unknown, Input>;

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
  /** Aborts at the task's timeout. Pass it on to whatever can wait. */
  readonly signal: AbortSignal;
  /** Outgoing HTTP, only to the hosts that the deployment allows. */
  readonly http: HttpClient;
  /** Writes one structured line that carries the task's id and attempt. */
  readonly log: (message: string, fields?: Record<string, JsonValue>) => void;
  /** Ends the attempt as failed. Not retryable unless asked; `retryAfterSeconds` is the least delay before the next. */
  readonly fail: (code: string, message: string, options?: FailOptions) => never;
};

export type FailOptions = { readonly retryable?: boolean; readonly retryAfterSeconds?: number };

/** Everything that Millrace needs to know of one type of task. */
export type TaskDefinition<Input = unknown> = {
  /** Dotted lower-case name, unique in `tasks/index.ts`: `markdown.render`. */
  readonly type: string;
  readonly description: string;
  readonly resources: ResourceClass;
  readonly priority: Priority;
  /** For one attempt; at most the class's function timeout less `INVOCATION_MARGIN_SECONDS`. */
  readonly timeoutSeconds: number;
  readonly retry: RetryPolicy;
  readonly input: InputSchema<Input>;
  /**
   * Runs the handler in a thread that a timeout can end, whatever it does: for work that takes the CPU. The thread has no
   * environment variables, and gets its input as a structured clone. If not given, tasks of `cpu-intensive` are isolated.
   */
  readonly isolated?: boolean;
  /** Does the work of one attempt. What it returns is the output; what it throws fails the attempt. */
  run(input: Input, ctx: TaskContext): Promise<JsonValue>;
};

/**
 * Declares a type of task. The handler's input is typed by the schema:
 *
 *     export const greet = defineTask({ type: 'greet', ..., input: z.object({ name: z.string() }),
 *       run: async ({ name }) => ({ greeting: `Hello ${name}` }) });
 */
export const defineTask = <Input>(definition: TaskDefinition<Input>): TaskDefinition<Input> => definition;

export const isIsolated = ({ isolated, resources }: TaskDefinition): boolean =>
  isolated ?? resources === 'cpu-intensive';

/** Thrown by `ctx.fail`, and by anything that knows better than "an error" what went wrong in an attempt. */
export class TaskFailure extends Error {
  override readonly name = 'TaskFailure';
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, options: FailOptions = {}) {
    super(message);
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** What `ctx.fail` does. */
export const fail: TaskContext['fail'] = (code, message, options) => {
  throw new TaskFailure(code, message, options);
};

/** The task types of a deployment, each loaded when first needed. */
export type TaskCatalog = Readonly<Record<string, () => Promise<TaskDefinition>>>;

/** The definition of a type; `undefined` where the deployment has none of that name. */
export const findDefinition = async (catalog: TaskCatalog, type: string): Promise<TaskDefinition | undefined> =>
  Object.hasOwn(catalog, type) ? catalog[type]?.() : undefined;
