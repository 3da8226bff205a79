import * as z from 'zod';
import { DEFINITION_EFFECT_SECONDS } from '../../contract.ts';
import { once } from '../../core/once.ts';
import { patchAt } from '../../core/task-settings.ts';
import { available } from '../available.ts';
import {
  definitionSchema,
  definitionView,
  foundDefinition,
  settingsShape,
  timeoutErrors,
  typeParameter,
} from '../definition-view.ts';
import { jsonBody } from '../json-body.ts';
import { fieldErrors, Problem } from '../problem.ts';
import type { Route } from '../route.ts';

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
  problems: ['invalid_request', 'not_found', 'payload_too_large', 'unsupported_media_type', 'unavailable'],

  async handle(request, _caller, ports) {
    const definition = await foundDefinition(request, ports);
    const body = jsonBody(request);
    const parsed = patchSchema().safeParse(body.value);
    const errors = body.numberErrors.concat(parsed.success ? [] : fieldErrors(parsed.error.issues));
    errors.push(
      ...timeoutErrors((body.value as { timeoutSeconds?: unknown } | null)?.timeoutSeconds, definition.resources),
    );
    if (!parsed.success || errors.length > 0) {
      throw new Problem('invalid_request', 'the definition cannot be changed so', { errors });
    }
    const settings = await available(ports.settings.change(definition.type, patchAt(parsed.data, ports.clock())));
    return { status: 200, body: definitionView(definition, settings) };
  },
};
