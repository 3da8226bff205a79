import * as z from 'zod';
import { longestAttemptSeconds, MAX_ATTEMPTS, PRIORITIES, RESOURCE_CLASSES, type ResourceClass } from '../contract.ts';
import { findDefinition, type TaskDefinition } from '../core/define-task.ts';
import { once } from '../core/once.ts';
import { effective, type TaskSettings } from '../core/task-settings.ts';
import { type FieldError, noSuch, Problem } from './problem.ts';
import type { Parameter, Request, RouterPorts } from './route.ts';

/** As `define-task.ts` and the submit have it. */
const MAX_TYPE_LENGTH = 128;

/** The settings that can be changed without a deploy. */
export const settingsShape = once(() => ({
  paused: z.boolean(),
  priority: z.enum(PRIORITIES),
  timeoutSeconds: z.int().min(1),
  maxAttempts: z.int().min(1).max(MAX_ATTEMPTS),
}));

/** A task type as the API shows it: what holds now, and what of it was set since the deploy. */
export const definitionSchema = once(() =>
  z
    .strictObject({
      type: z.string(),
      description: z.string(),
      resources: z.enum(RESOURCE_CLASSES),
      priority: z.enum(PRIORITIES),
      timeoutSeconds: z.number(),
      retry: z.strictObject({ maxAttempts: z.int(), baseDelaySeconds: z.number(), maxDelaySeconds: z.number() }),
      batch: z
        .strictObject({ maxSize: z.int(), windowSeconds: z.int() })
        .optional()
        .describe('Its tasks run so many at a time, after a wait for others'),
      paused: z.boolean().describe('Its tasks are accepted, and none of them starts'),
      settings: z.strictObject(settingsShape()).partial().describe('What PATCH has set'),
      inputSchema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12'),
    })
    .meta({ id: 'Definition' }),
);

export const typeParameter: Parameter = {
  in: 'path',
  name: 'type',
  required: true,
  description: 'The task type',
  schema: () => z.string(),
};

/** What is wrong with the timeout of an attempt, if it is longer than the class allows. */
export function timeoutErrors(timeoutSeconds: unknown, resources: ResourceClass): FieldError[] {
  const longest = longestAttemptSeconds(resources);
  if (typeof timeoutSeconds !== 'number' || timeoutSeconds <= longest) return [];
  return [{ field: '/timeoutSeconds', message: `an attempt of class ${resources} may take ${longest} s at most` }];
}

/** The definition that the path names. Throws the problem of a type that is not there. */
export async function foundDefinition(
  { parameters }: Request,
  { catalog, settings }: RouterPorts,
): Promise<TaskDefinition> {
  const { type = '' } = parameters;
  const definition = await findDefinition(catalog, type);
  if (definition !== undefined) return definition;
  const detail = noSuch('task type', type, Object.keys(catalog));
  // Nothing was ever set of a type that never was: this one has gone.
  const isGone = type.length <= MAX_TYPE_LENGTH && Object.keys(await settings.get(type)).length > 0;
  throw new Problem('not_found', isGone ? `${detail}; it had one, whose tasks end with unknown_task_type` : detail);
}

export function definitionView(
  definition: TaskDefinition,
  settings: TaskSettings,
): z.infer<ReturnType<typeof definitionSchema>> {
  const { type, description, resources, retry, batch, input } = definition;
  const { maxAttempts, ...rest } = effective(definition, settings);
  const { resumedAt: _, ...set } = settings;
  return {
    ...{ type, description, resources, retry: { ...retry, maxAttempts }, ...rest, settings: set },
    ...(batch === undefined ? {} : { batch }),
    inputSchema: input['~standard'].jsonSchema.input({ target: 'draft-2020-12' }),
  };
}
