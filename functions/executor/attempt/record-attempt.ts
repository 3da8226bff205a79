import type { Reopened } from '../../core/fan-out/reopen-fan-out.ts';
import { inTime } from '../../core/in-time.ts';
import { attemptRecord } from '../../core/task/attempt-record.ts';
import type { Outcome } from '../../core/task/outcome.ts';
import { keepUntilOf } from '../../core/task/payload.ts';
import type { RunningTask } from '../../core/task/task.ts';
import type { Settlement } from '../../core/task/transition.ts';
import { handlerStackOf } from '../../runtime/handler-stack.ts';
import type { ExecutorPorts } from '../executor-ports.ts';
import { logFieldsOf } from '../telemetry.ts';

/** A settlement waits no longer than this for the record of its attempt, and never for more than half of the time that is left. */
const RECORD_MILLISECONDS = 2_000;

/**
 * Keeps what a row has no room for of an attempt that did not go well, and is about to be settled so. Never throws, since a
 * settlement is worth more than its record; a failure is logged and counted.
 */
export async function recordAttempt(
  task: RunningTask,
  outcome: Outcome | Reopened,
  settlement: Settlement,
  settleBy: number,
  { attempts, clock, retentionDays, meter, log }: ExecutorPorts,
): Promise<void> {
  try {
    const now = clock();
    const record = attemptRecord(task, outcome, settlement, now, handlerStackOf);
    if (record !== undefined) {
      const patience = Math.max(0, Math.min(RECORD_MILLISECONDS, (settleBy - now) / 2));
      await inTime(attempts.put(task, record, keepUntilOf(task, now, retentionDays)), patience);
    }
  } catch (error) {
    meter.record('executor', 'attemptsUnrecorded', 1);
    log('warn', 'attempt not recorded', { ...logFieldsOf(task), reason: String(error) });
  }
}
