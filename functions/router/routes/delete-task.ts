import * as z from 'zod';
import { deleteTask as removeTask } from '../../core/deletion/delete-task.ts';
import { available, Problem } from '../http/problem.ts';
import type { Route } from '../route.ts';
import { noSuchTask, parsePathId, taskIdParameter } from './task-view.ts';

/** A request lasts 29 s at most, and a step of a deletion a few of them where it has to be tried again. */
const DELETE_MILLISECONDS = 18_000;

export const deleteTask: Route = {
  operationId: 'deleteTask',
  summary: 'Delete a task that has ended, with its input, output, attempts and subtasks',
  parameters: [taskIdParameter],
  response: {
    status: 200,
    description:
      'It is gone, and runs no more, whatever message of it is left. Its Idempotency-Key is free: a submit with it makes a new ' +
      'task. What was counted of it stays counted',
    schema: () => z.strictObject({ id: z.string() }),
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, { tenantId }, ports) {
    const id = parsePathId(request);
    const deadline = ports.clock() + DELETE_MILLISECONDS;
    const { store, deletions, fanOuts, payloads, history } = ports;
    const deletion = await removeTask(tenantId, id, deadline, {
      ...ports,
      store: available(store),
      deletions: available(deletions),
      fanOuts: available(fanOuts),
      payloads: available(payloads),
      history: available(history),
    });
    if (deletion.result === 'missing') throw noSuchTask();
    if (deletion.result === 'refused') throw new Problem('invalid_status', deletion.reason);
    if (deletion.result === 'unfinished') {
      throw new Problem('unavailable', 'the task is gone, and a part of its subtasks is still there: delete it again', {
        headers: { 'retry-after': '1' },
      });
    }
    return { status: 200, body: { id } };
  },
};
