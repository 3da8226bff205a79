import { SWEEP_PERIOD_SECONDS } from '../../contract.ts';
import type { Log, TaskQueue } from '../ports.ts';
import type { TaskSeed } from './task.ts';

/** Sends a task, or leaves it to the sweeper where the queue refuses: its row is due, or will be. Says whether it was sent. */
export async function sendOrDefer(
  task: TaskSeed,
  delaySeconds: number,
  { queue, log }: { readonly queue: TaskQueue; readonly log: Log },
): Promise<boolean> {
  try {
    await queue.send(task, delaySeconds);
    return true;
  } catch (error) {
    log('warn', 'message not sent: the sweeper will send it', { task_id: task.id, reason: String(error) });
    return false;
  }
}

/** Returns when the sweeper is to look at a task whose message may not have been sent. */
export const nextSweep = (now: number): number => now + SWEEP_PERIOD_SECONDS * 1000;
