import * as z from 'zod';
import { PRIORITIES, RESOURCE_CLASSES } from '../../contract.ts';
import type { TaskDefinition } from '../../core/define-task.ts';
import type { Route } from '../route.ts';

const definitionSchema = z.strictObject({
  type: z.string(),
  description: z.string(),
  resources: z.enum(RESOURCE_CLASSES),
  priority: z.enum(PRIORITIES),
  timeoutSeconds: z.number(),
  retry: z.strictObject({ maxAttempts: z.int(), baseDelaySeconds: z.number(), maxDelaySeconds: z.number() }),
  inputSchema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12'),
});

const viewOf = ({ run: _, input, ...metadata }: TaskDefinition): z.infer<typeof definitionSchema> => ({
  ...metadata,
  inputSchema: input['~standard'].jsonSchema.input({ target: 'draft-2020-12' }),
});

export const listDefinitions: Route = {
  summary: 'List the task types of this deployment',
  response: {
    status: 200,
    description: 'The definitions, by type',
    schema: z.strictObject({ items: z.array(definitionSchema) }),
  },
  problems: [],

  async handle(_request, _caller, { catalog }) {
    const definitions = await Promise.all(Object.values(catalog).map((load) => load()));
    return { status: 200, body: { items: definitions.map(viewOf) } };
  },
};
