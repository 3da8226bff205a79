import * as z from 'zod';
import { definitionSchema, definitionView } from '../definition-view.ts';
import type { Route } from '../route.ts';

export const listDefinitions: Route = {
  operationId: 'listDefinitions',
  summary: 'List the task types of this deployment',
  response: {
    status: 200,
    description: 'The definitions, by type',
    schema: () => z.strictObject({ items: z.array(definitionSchema()) }),
  },
  problems: [],

  async handle(_request, _caller, { catalog, settings }) {
    const items = await Promise.all(
      Object.values(catalog).map(async (load) => {
        const definition = await load();
        return definitionView(definition, await settings.get(definition.type));
      }),
    );
    return { status: 200, body: { items } };
  },
};
