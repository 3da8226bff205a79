import * as z from 'zod';
import { findDefinition } from '../../core/define-task.ts';
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

  async handle(_request, _caller, { catalog, settings, log }) {
    const items = await Promise.all(
      Object.keys(catalog).map(async (type) => {
        try {
          const definition = await findDefinition(catalog, type);
          return definition === undefined ? [] : [definitionView(definition, await settings.get(type))];
        } catch (error) {
          // It is to cost nobody the others.
          log('error', 'definition not listed', { task_type: type, reason: String(error) });
          return [];
        }
      }),
    );
    return { status: 200, body: { items: items.flat() } };
  },
};
