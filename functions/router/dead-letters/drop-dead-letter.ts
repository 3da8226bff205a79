import * as z from 'zod';
import { giveUp } from '../../core/deletion/give-up.ts';
import { available } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { letterParameters, refuseShared, withLetter } from './letter-access.ts';

export const dropDeadLetter: Route = {
  operationId: 'dropDeadLetter',
  summary: 'Drop a dead letter, and cancel the tasks in it that have not ended',
  parameters: letterParameters,
  response: {
    status: 200,
    description: 'It is gone. Its tasks are cancelled, since nothing else would run them; they can be retried',
    schema: () =>
      z.strictObject({ id: z.string(), cancelled: z.int().describe('Tasks that this has ended, or asked to') }),
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, caller, ports) {
    const cancelled = await withLetter(request, caller, ports, async (letter) => {
      refuseShared(letter);
      const { store, fanOuts, queue } = ports;
      const parts = { ...ports, store: available(store), fanOuts: available(fanOuts), queue: available(queue) };
      let made = 0;
      for (const task of letter.tasks) made += Number(await giveUp(task, parts));
      return { made, remove: true };
    });
    return { status: 200, body: { id: request.parameters.id ?? '', cancelled } };
  },
};
