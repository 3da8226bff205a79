import type { TaskCatalog, TaskDefinition } from '../../functions/core/define-task.ts';
import { discoverTasks } from '../../lib/task-discovery.ts';

export const discovered = discoverTasks('tasks');

/** The task types of this repository, as its functions have them. */
export const tasks: TaskCatalog = (await import(discovered.catalogFile)).tasks;

/** Returns all of them. */
export const shippedDefinitions = (): Promise<TaskDefinition[]> =>
  Promise.all(Object.values(tasks).map((load) => load()));
