import { definitionSchema, definitionView, foundDefinition, typeParameter } from '../definition-view.ts';
import type { Route } from '../route.ts';

export const getDefinition: Route = {
  operationId: 'getDefinition',
  summary: 'Read a task type',
  parameters: [typeParameter],
  response: { status: 200, description: 'The definition', schema: definitionSchema },
  problems: ['not_found'],

  async handle(request, _caller, ports) {
    const definition = await foundDefinition(request, ports);
    return { status: 200, body: definitionView(definition, await ports.settings.get(definition.type)) };
  },
};
