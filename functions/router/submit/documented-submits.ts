import * as z from 'zod';
import { MAX_BULK_TASKS } from '../../contract.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import { classOf, type DeployedClasses } from '../../resource-classes.ts';
import { bulkTaskSchema, submitSchema } from './submit-schema.ts';

/** Describes what a submit takes, in JSON Schema: one of the types that the deployment has. */
export const documentedSubmit = (definitions: readonly TaskDefinition[], classes: DeployedClasses) =>
  submitsOf(submitSchema(), definitions, classes);

/** Describes what a bulk submit takes. A task that is not so is rejected by itself, and the others are accepted. */
export const documentedBulk = (definitions: readonly TaskDefinition[], classes: DeployedClasses) => ({
  type: 'object',
  properties: {
    tasks: {
      type: 'array',
      description: 'Each is accepted or rejected by itself',
      minItems: 1,
      maxItems: MAX_BULK_TASKS,
      items: submitsOf(bulkTaskSchema(), definitions, classes),
    },
  },
  required: ['tasks'],
  additionalProperties: false,
});

/** Describes each type by its own input, and the longest attempt of its class. */
function submitsOf(shared: z.ZodType, definitions: readonly TaskDefinition[], classes: DeployedClasses) {
  const { $schema: _, properties, ...schema } = z.toJSONSchema(shared, { io: 'input' });
  const oneOf = definitions.map(({ type, description, resources }) => ({
    ...schema,
    title: type,
    description,
    properties: {
      ...properties,
      type: { const: type },
      input: { $ref: `#/components/schemas/${type}.input` },
      timeoutSeconds: { type: 'integer', minimum: 1, maximum: classOf(classes, resources).timeoutSeconds },
    },
    required: ['type', 'input'],
    not: { required: ['delaySeconds', 'runAt'] },
  }));
  return { oneOf };
}
