import * as z from 'zod';
import { DEFINITION_EFFECT_SECONDS, MAX_ATTEMPTS, PRIORITIES, type ResourceClass } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import type { TaskCatalog, TaskDefinition } from '../../core/define-task.ts';
import { findDefinition, inputVersionOf, isBrokenDefinition } from '../../core/definition/find-definition.ts';
import { effective, patchAt, type TaskSettings } from '../../core/task-settings.ts';
import { classOf, type DeployedClasses } from '../../resource-classes.ts';
import { parseBody } from '../http/body.ts';
import { type FieldError, fieldErrors, noSuch, orUnavailable, Problem } from '../http/problem.ts';
import type { Parameter, Request, Route, RouterPorts } from '../route.ts';
import { inputJsonSchema, ofAllDefinitions, outputJsonSchema } from './all-definitions.ts';

/** The settings are not asked for a longer name: no list of tasks takes one, and a key of DynamoDB has an end. */
const MAX_TYPE_LENGTH = 128;

/** Describes the settings that can be changed without a deploy. */
const settingsShape = once(() => ({
  paused: z.boolean(),
  priority: z.enum(PRIORITIES),
  timeoutSeconds: z.int().min(1),
  maxAttempts: z.int().min(1).max(MAX_ATTEMPTS),
}));

/** Describes a task type as the API shows it: what holds now, and what of it was set since the deploy. */
const definitionSchema = once(() =>
  z
    .strictObject({
      type: z.string(),
      description: z.string(),
      resources: z.string(),
      priority: z.enum(PRIORITIES),
      timeoutSeconds: z.number(),
      retry: z.strictObject({ maxAttempts: z.int(), baseDelaySeconds: z.number(), maxDelaySeconds: z.number() }),
      retentionDays: z
        .int()
        .optional()
        .describe('How many days its tasks are kept after their end, where that is not as long as others'),
      batch: z
        .strictObject({ maxSize: z.int(), windowSeconds: z.int() })
        .optional()
        .describe('Its tasks run so many at a time, after a wait for others'),
      paused: z.boolean().describe('Its tasks are accepted, and none of them starts'),
      settings: z.strictObject(settingsShape()).partial().describe('What PATCH has set'),
      inputSchema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12'),
      inputVersion: z.string().optional().describe('A digest of it, by which a task says what has taken its input'),
      outputSchema: z
        .record(z.string(), z.unknown())
        .optional()
        .describe('JSON Schema of the output, where the type has one'),
    })
    .meta({ id: 'Definition' }),
);

const brokenSchema = once(() =>
  z
    .array(z.strictObject({ type: z.string(), reason: z.string() }))
    .optional()
    .describe('Types whose definition cannot be loaded, or shown: their tasks fail as definition_broken'),
);

const typeParameter: Parameter = {
  in: 'path',
  name: 'type',
  required: true,
  description: 'The task type',
  schema: () => z.string(),
};

/** Returns what is wrong with the timeout of an attempt, if it is longer than the class allows. */
export function timeoutErrors(
  timeoutSeconds: unknown,
  resources: ResourceClass,
  classes: DeployedClasses,
): FieldError[] {
  const longest = classOf(classes, resources).timeoutSeconds;
  if (typeof timeoutSeconds !== 'number' || timeoutSeconds <= longest) return [];
  return [{ field: '/timeoutSeconds', message: `an attempt of class ${resources} may take ${longest} s at most` }];
}

/** Loads the definition that the path names. Throws the problem of a type that is not there. */
async function loadDefinition({ parameters }: Request, { catalog, settings }: RouterPorts): Promise<TaskDefinition> {
  const { type = '' } = parameters;
  const definition = await orReason(() => findDefinition(catalog, type));
  if (definition !== undefined) return definition;
  const detail = noSuch('task type', type, Object.keys(catalog));
  // Nothing was ever set of a type that never was: this one has gone.
  const isGone = type.length <= MAX_TYPE_LENGTH && Object.keys(await settings.get(type)).length > 0;
  throw new Problem('not_found', isGone ? `${detail}; it had one, whose tasks end with unknown_task_type` : detail);
}

/** Tells whoever asks for a definition why it is broken. */
async function orReason<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isBrokenDefinition(error)) throw error;
    throw Object.assign(new Problem('internal_error', error.message), { cause: error.cause });
  }
}

function definitionView(
  definition: TaskDefinition,
  settings: TaskSettings,
  catalog: TaskCatalog,
): z.infer<ReturnType<typeof definitionSchema>> {
  const { type, description, resources, retry, retentionDays, batch } = definition;
  const { maxAttempts, ...rest } = effective(definition, settings);
  const { resumedAt: _, ...set } = settings;
  return compact({
    type,
    description,
    resources,
    retry: { ...retry, maxAttempts },
    ...rest,
    retentionDays,
    batch,
    settings: set,
    inputSchema: inputJsonSchema(definition),
    inputVersion: inputVersionOf(catalog, type),
    outputSchema: outputJsonSchema(definition),
  });
}

export const listDefinitions: Route = {
  operationId: 'listDefinitions',
  summary: 'List the task types of this deployment',
  response: {
    status: 200,
    description: 'The definitions, by type',
    schema: () => z.strictObject({ items: z.array(definitionSchema()), broken: brokenSchema() }),
  },
  problems: ['answer_too_large'],

  async handle(_request, _caller, ports) {
    const { made, broken } = await ofAllDefinitions(ports, async (definition) =>
      definitionView(definition, await ports.settings.get(definition.type), ports.catalog),
    );
    return { status: 200, body: { items: made, ...(broken.length === 0 ? {} : { broken }) } };
  },
};

export const getDefinition: Route = {
  operationId: 'getDefinition',
  summary: 'Read a task type',
  parameters: [typeParameter],
  response: { status: 200, description: 'The definition', schema: definitionSchema },
  problems: ['not_found', 'answer_too_large'],

  async handle(request, _caller, ports) {
    const definition = await loadDefinition(request, ports);
    const settings = await ports.settings.get(definition.type);
    return { status: 200, body: await orReason(async () => definitionView(definition, settings, ports.catalog)) };
  },
};

const patchSchema = once(() => {
  const { paused, priority, timeoutSeconds, maxAttempts } = settingsShape();
  return z.strictObject({
    paused: paused.nullable().optional(),
    priority: priority.nullable().optional(),
    timeoutSeconds: timeoutSeconds.nullable().optional(),
    maxAttempts: maxAttempts.nullable().optional(),
  });
});

export const changeDefinition: Route = {
  operationId: 'changeDefinition',
  summary: `Change a task type for all tenants, without a deploy; null puts a setting back`,
  parameters: [typeParameter],
  requestBody: patchSchema,
  response: {
    status: 200,
    description: `The definition as it is everywhere after ${DEFINITION_EFFECT_SECONDS} s. Tasks that were accepted before keep their priority, timeout and attempts`,
    schema: definitionSchema,
  },
  problems: [
    ...(['invalid_request', 'not_found', 'answer_too_large', 'payload_too_large'] as const),
    ...(['unsupported_media_type', 'unavailable'] as const),
  ],

  async handle(request, _caller, ports) {
    const definition = await loadDefinition(request, ports);
    const body = parseBody(request);
    const parsed = patchSchema().safeParse(body.value);
    const errors = body.numberErrors.concat(parsed.success ? [] : fieldErrors(parsed.error.issues));
    errors.push(
      ...timeoutErrors(
        (body.value as { timeoutSeconds?: unknown } | null)?.timeoutSeconds,
        definition.resources,
        ports.classes,
      ),
    );
    if (!parsed.success || errors.length > 0) {
      throw new Problem('invalid_request', 'the definition cannot be changed so', { errors });
    }
    const settings = await orUnavailable(ports.settings.change(definition.type, patchAt(parsed.data, ports.clock())));
    return { status: 200, body: definitionView(definition, settings, ports.catalog) };
  },
};
