/** Holds the task types of a deployment: each bundle has a module of its own in its place, which a synth writes. */
declare module 'millrace:tasks' {
  import type { TaskCatalog } from './core/define-task.ts';

  export const tasks: TaskCatalog;
}
