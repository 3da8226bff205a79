import type { TaskSeed } from '../core/task.ts';
import type { ExecutorPorts } from './executor-ports.ts';
import { fieldsOf } from './task-fields.ts';
import { secondsOfAttempt, type Verdict } from './verdict.ts';

/** A platform failure loses nothing: the message stays, and the claim that follows finds what was written. */
export function verdictOfFailure(
  task: TaskSeed,
  error: unknown,
  { meter, log }: Pick<ExecutorPorts, 'meter' | 'log'>,
): Verdict {
  meter.record(task.executorKey, 'platformFailed', 1);
  log('error', 'platform failure', { ...fieldsOf(task), reason: String(error) });
  return { keep: true, seconds: secondsOfAttempt(task) };
}
