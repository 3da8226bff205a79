import type { TaskDefinition } from '../core/define-task.ts';
import type { RunningTask } from '../core/task.ts';
import type { Settlement } from '../core/transition.ts';
import { withoutValues } from '../core/without-values.ts';
import type { ExecutorPorts } from './executor-ports.ts';
import { fieldsOf } from './task-fields.ts';

/** What a task has gone through, as it is counted. */
const COUNTED = {
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
  queued: 'retried',
  waiting: 'fannedOut',
} as const;

/** Counts and logs an attempt that has been settled. */
export function recordAttempt(
  task: RunningTask,
  settlement: Settlement,
  definition: TaskDefinition | undefined,
  { clock, log, meter }: ExecutorPorts,
): void {
  const { status } = settlement;
  const durationMilliseconds = clock() - task.startedAt;
  meter.record(task.executorKey, COUNTED[status], 1);
  // Of a type that is no more nobody would look at the times, and whatever was once queued would cost a metric.
  if (definition !== undefined) {
    meter.record(definition.type, 'execution', durationMilliseconds);
    meter.record(definition.type, 'timeoutUse', durationMilliseconds / 10 / task.timeoutSeconds);
    if (status !== 'queued' && status !== 'waiting') meter.record(definition.type, 'attempts', task.attempt);
  }
  const fields = { ...fieldsOf(task), duration_ms: durationMilliseconds };
  if ('error' in settlement) {
    const { code, message } = settlement.error;
    meter.record(code, 'error', 1);
    const details = { max_attempts: task.maxAttempts, error: code, error_message: withoutValues(message) };
    log('warn', status === 'queued' ? 'attempt failed' : 'task failed', { ...fields, ...details });
  } else {
    log('info', 'attempt ended', { ...fields, task_status: status });
  }
}
