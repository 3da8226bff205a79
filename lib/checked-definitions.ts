import { longestAttemptSeconds, MAX_ATTEMPTS, PRIORITIES, RESOURCE_CLASSES } from '../functions/contract.ts';
import type { TaskCatalog, TaskDefinition } from '../functions/core/define-task.ts';
import { ConfigError } from './config.ts';
import { MAX_MESSAGES_WITHOUT_WINDOW, MAX_WINDOW_SECONDS } from './constructs/batch-window.ts';
import { importFailure } from './import-failure.ts';

/** A batch has no more tasks than this: each is claimed and settled by itself, in the time that the leases of the others leave. */
const MAX_BATCH_SIZE = 1_000;

const TYPE_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/;

/** Loads all definitions. Throws `ConfigError` for one that cannot run as it is, or that is listed under another name. */
export async function checkedDefinitions(catalog: TaskCatalog): Promise<TaskDefinition[]> {
  const definitions: TaskDefinition[] = [];
  for (const [name, load] of Object.entries(catalog)) {
    const definition = await load().catch((error: unknown) => {
      throw new ConfigError(`the task type ${name} cannot be loaded: ${importFailure(error)}`);
    });
    if (definition === undefined) throw new ConfigError(`tasks/index.ts finds no definition for the task type ${name}`);
    const { type } = definition;
    if (type !== name) throw new ConfigError(`tasks/index.ts lists the task type ${type} as ${name}`);
    checkKind(definition);
    checkTimeout(definition);
    checkRetry(definition);
    checkBatch(definition);
    checkSchemas(definition);
    definitions.push(definition);
  }
  return definitions;
}

/** A type is a part of URLs and metrics; the other fields choose from a few, which a cast can get around. */
function checkKind({ type, resources, priority, input, run }: TaskDefinition): void {
  const mustBe = (field: string, value: unknown, expected: string): ConfigError =>
    new ConfigError(`the task type ${type} has the ${field} ${JSON.stringify(value)}, which must be ${expected}`);
  if (!TYPE_NAME.test(type))
    throw mustBe('type', type, 'words of lower-case letters, digits and hyphens with dots between');
  if (!RESOURCE_CLASSES.includes(resources))
    throw mustBe('resources', resources, `one of ${RESOURCE_CLASSES.join(', ')}`);
  if (!PRIORITIES.includes(priority)) throw mustBe('priority', priority, `one of ${PRIORITIES.join(', ')}`);
  if (input?.['~standard'] === undefined) throw mustBe('input', input, 'a schema, such as z.strictObject({ ... })');
  if (typeof run !== 'function') throw mustBe('run', run, 'a function');
}

function checkTimeout({ type, resources, timeoutSeconds }: TaskDefinition): void {
  const asked = `the task type ${type} asks for timeoutSeconds ${timeoutSeconds}`;
  if (!(timeoutSeconds > 0)) throw new ConfigError(`${asked}, which must be more than 0`);
  const longest = longestAttemptSeconds(resources);
  if (timeoutSeconds > longest) {
    throw new ConfigError(`${asked}, but its class ${resources} gives an attempt at most ${longest} s`);
  }
}

function checkRetry({ type, retry }: TaskDefinition): void {
  const { maxAttempts } = retry;
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > MAX_ATTEMPTS) {
    throw new ConfigError(
      `the task type ${type} asks for retry.maxAttempts ${maxAttempts}, which must be a whole number from 1 to ${MAX_ATTEMPTS}`,
    );
  }
  for (const field of ['baseDelaySeconds', 'maxDelaySeconds'] as const) {
    if (Number.isFinite(retry[field]) && retry[field] >= 0) continue;
    throw new ConfigError(
      `the task type ${type} asks for retry.${field} ${retry[field]}, which must be a number that is not negative`,
    );
  }
}

function checkBatch(definition: TaskDefinition): void {
  const { type, resources, batch, fanOut, isolated } = definition;
  if (batch === undefined) return;
  const asked = (field: keyof typeof batch, expected: string): ConfigError =>
    new ConfigError(`the task type ${type} asks for batch.${field} ${batch[field]}, which must be ${expected}`);
  const { maxSize, windowSeconds } = batch;
  if (!Number.isInteger(maxSize) || maxSize < 1 || maxSize > MAX_BATCH_SIZE)
    throw asked('maxSize', `a whole number from 1 to ${MAX_BATCH_SIZE}`);
  if (!Number.isInteger(windowSeconds) || windowSeconds < 0 || windowSeconds > MAX_WINDOW_SECONDS)
    throw asked('windowSeconds', `a whole number from 0 to ${MAX_WINDOW_SECONDS}`);
  if (windowSeconds === 0 && maxSize > MAX_MESSAGES_WITHOUT_WINDOW)
    throw asked('windowSeconds', `at least 1 for a maxSize over ${MAX_MESSAGES_WITHOUT_WINDOW}`);
  const both = (what: string): ConfigError =>
    new ConfigError(`the task type ${type} has batch, and ${what}: leave one of them out`);
  if (fanOut !== undefined) throw both('fanOut, which is for the outcome of one task');
  if (isolated ?? resources === 'cpu-intensive') {
    const why = resources === 'cpu-intensive' ? `, as types of ${resources} are unless they say isolated: false` : '';
    throw both(`is isolated${why}, in a thread that runs one task at a time`);
  }
}

/** `GET /api/definitions` shows the schemas of every type: one that cannot be shown would be told as broken there. */
function checkSchemas({ type, input, output }: TaskDefinition): void {
  const options = { target: 'draft-2020-12' } as const;
  checkSchema(`the input schema of the task type ${type}`, () => input['~standard'].jsonSchema.input(options));
  if (output === undefined) return;
  if (output?.['~standard'] === undefined)
    throw new ConfigError(`the task type ${type} has an output that is no schema, such as z.object({ ... })`);
  checkSchema(`the output schema of the task type ${type}`, () => output['~standard'].jsonSchema.output(options));
}

function checkSchema(schema: string, convert: () => unknown): void {
  try {
    convert();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${schema} cannot become JSON Schema: ${reason}`);
  }
}

/** Loads the definitions of this repository's own app. */
export async function deployedDefinitions(): Promise<TaskDefinition[]> {
  return checkedDefinitions(await taskCatalog());
}

async function taskCatalog(): Promise<TaskCatalog> {
  try {
    return (await import('../tasks/index.ts')).tasks;
  } catch (error) {
    throw new ConfigError(`the list of task types cannot be loaded: ${importFailure(error)}`);
  }
}
