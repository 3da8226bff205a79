import * as z from 'zod';
import { parseTaskId, type TaskId } from '../core/ids.ts';
import type { Task } from '../core/task.ts';
import { available } from './available.ts';
import { Problem } from './problem.ts';
import type { Caller, Parameter, Request, RouterPorts } from './route.ts';

export const taskIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  required: true,
  description: "The task's id",
  schema: () => z.string(),
};

export const noSuchTask = (): Problem => new Problem('not_found', 'there is no such task');

/** The id in the path. Throws the problem of a task that cannot exist. */
export function taskIdOf({ parameters }: Request): TaskId {
  const id = parseTaskId(parameters.id ?? '');
  if (id === undefined) throw noSuchTask();
  return id;
}

/** The caller's task that the path names. Throws the problem of one that is not there, or is another tenant's. */
export async function foundTask(request: Request, { tenantId }: Caller, ports: RouterPorts): Promise<Task> {
  const task = await available(ports.store.get(tenantId, taskIdOf(request), ports.clock()));
  if (task === undefined) throw noSuchTask();
  return task;
}
