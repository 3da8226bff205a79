import type { CancelledTask } from '../task/task.ts';
import { type PropagateEndPorts, propagateEnd } from './propagate-end.ts';

/**
 * Cancels the subtasks of a task that is cancelled. What is left undone, the task's own message or the sweeper does: the task is
 * cancelled either way.
 */
export async function propagateCancel(task: CancelledTask, ports: PropagateEndPorts): Promise<void> {
  try {
    await propagateEnd(task, ports);
  } catch (error) {
    ports.log('warn', 'cancel propagation failed: the sweeper will do it', { task_id: task.id, reason: String(error) });
  }
}
