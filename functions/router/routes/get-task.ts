import * as z from 'zod';
import { parseTaskId } from '../../core/ids.ts';
import { available } from '../available.ts';
import { Problem } from '../problem.ts';
import type { Route } from '../route.ts';
import { taskSchema, taskView } from '../task-view.ts';

export const getTask: Route = {
  summary: 'Read a task with its output or error',
  parameters: [{ in: 'path', name: 'id', required: true, description: "The task's id", schema: z.string() }],
  response: { status: 200, description: 'The task', schema: taskSchema },
  problems: ['not_found', 'unavailable'],

  async handle({ parameters }, { tenantId }, { store, payloads, clock, queueNamePrefix }) {
    const id = parseTaskId(parameters.id ?? '');
    const task = id && (await available(store.get(tenantId, id, clock())));
    if (task === undefined) throw new Problem('not_found', 'there is no such task');
    return { status: 200, body: await taskView(task, payloads, queueNamePrefix) };
  },
};
