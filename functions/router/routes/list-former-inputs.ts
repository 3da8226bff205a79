import * as z from 'zod';
import { compact } from '../../core/compact.ts';
import { mapConcurrently, once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { loadTask, taskIdParameter } from './task-view.ts';

/** So many inputs are read at a time. */
const PARALLEL = 10;

const formerInputsSchema = once(() =>
  z
    .strictObject({
      items: z.array(
        z.strictObject({
          attempt: z
            .int()
            .min(0)
            .describe('The last attempt before it was replaced; of several of one attempt, that was given the first'),
          replacedAt: z.iso.datetime(),
          input: z.unknown().optional().describe('Missing where the payload store does not keep it any more'),
        }),
      ),
    })
    .meta({ id: 'FormerInputs' }),
);

export const listFormerInputs: Route = {
  operationId: 'listFormerInputs',
  summary: 'List what a task was given before retries gave it other inputs',
  parameters: [taskIdParameter],
  response: { status: 200, description: 'The oldest first; none where no retry has', schema: formerInputsSchema },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const { tenantId, id } = await loadTask(request, caller, ports);
    const kept = await orUnavailable(ports.formerInputs.list(tenantId, id));
    const items = await mapConcurrently(kept, PARALLEL, async ({ attempt, replacedAt, input: payload }) => {
      const input = await orUnavailable(ports.payloads.get(tenantId, payload));
      return compact({ attempt, replacedAt: isoTime(replacedAt), input });
    });
    // Several large ones together may be more than Lambda can answer.
    const shorter = () => ({ items: items.map(({ input: _, ...item }) => item) });
    return { status: 200, body: { items }, shorter };
  },
};
