/** Holds the task types of a deployment: each bundle has a module of its own in its place, which a synth writes. */
declare module 'millrace:tasks' {
  import type { TaskCatalog } from './core/define-task.ts';
  import type { DeclaredSchedule } from './core/schedule/declared-schedule.ts';

  export const tasks: TaskCatalog;
  /** What definitions say of schedules. */
  export const schedules: readonly DeclaredSchedule[];
}
