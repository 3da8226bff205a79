import type { TaskCatalog, TaskDefinition } from '../../functions/core/define-task.ts';
import type { DeclaredSchedule } from '../../functions/core/schedule/declared-schedule.ts';
import { discoverTasks } from '../../lib/task-discovery.ts';

export const discovered = discoverTasks('tasks');

const catalog: { tasks: TaskCatalog; schedules: readonly DeclaredSchedule[] } = await import(discovered.catalogFile);

/** The task types of this repository, as its functions have them. */
export const { tasks } = catalog;
/** @public What their definitions say of schedules. */
export const { schedules } = catalog;

/** Returns all of them. */
export const shippedDefinitions = (): Promise<TaskDefinition[]> =>
  Promise.all(Object.values(tasks).map((load) => load()));
