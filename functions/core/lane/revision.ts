import type { TaskSeed } from '../task/task.ts';

/** Changes what tasks are that nobody runs. */
export interface TaskRevisions {
  /**
   * Has the row of a task say what its message will say: it waits for an executor, or was given up by one. A row that is missing is made
   * by the claim. `lost` where the task runs, has ended or was deleted.
   */
  revise(task: TaskSeed, now: number): Promise<'revised' | 'lost'>;
}
