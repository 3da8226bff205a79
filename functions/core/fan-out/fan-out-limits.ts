import { compact } from '../compact.ts';
import type { Clock, Log, TenantUsage } from '../ports.ts';
import { type Outcome, taskError } from '../task/outcome.ts';
import type { RunningTask } from '../task/task.ts';
import type { RateBuckets } from '../tenant/tenant-limits.ts';

export type FanOutLimitPorts = {
  readonly usage: TenantUsage;
  readonly buckets: Pick<RateBuckets, 'charge'>;
  readonly clock: Clock;
  readonly log: Log;
};

/** After so long a fan-out that found too many open tasks is tried again: no sooner than there is another count of them. */
const OPEN_AGAIN_SECONDS = 30;

type FanOutRefusal = Extract<Outcome, { kind: 'failed' }>;

/**
 * Says why so many subtasks of a task have to wait, or cannot be: they count as if its key had submitted them. With
 * `--open` they must fit beside the tenant's open tasks. With `--rate` one fan-out is let in at once, and the next ones
 * wait for as long as that many submits would have taken. `undefined` where they may be made; nobody waits for a table that
 * does not answer.
 */
export async function fanOutRefusal(
  task: RunningTask,
  count: number,
  { usage, buckets, clock, log }: FanOutLimitPorts,
): Promise<FanOutRefusal | undefined> {
  const { ratePerSecond, maxOpenTasks } = task.limits ?? {};
  try {
    if (maxOpenTasks !== undefined) {
      const limit = `the key is limited to ${maxOpenTasks} open tasks`;
      if (count >= maxOpenTasks) return refusal(`${limit}: ${count} subtasks and their parent never fit`);
      const open = await usage.openTasks(task.tenantId);
      if (open + count > maxOpenTasks) {
        return refusal(`${limit}: ${open} are open, and ${count} subtasks wait`, OPEN_AGAIN_SECONDS);
      }
    }
    if (ratePerSecond === undefined || count === 0) return undefined;
    const waitMilliseconds = await buckets.charge(task.tenantId, (count / ratePerSecond) * 1000, clock());
    if (waitMilliseconds === 0) return undefined;
    const seconds = Math.ceil(waitMilliseconds / 1000);
    return refusal(`the key is limited to ${ratePerSecond} tasks a second: ${count} subtasks wait`, seconds);
  } catch (error) {
    log('warn', 'limits of a fan-out not known: it is let in', { task_id: task.id, reason: String(error) });
    return undefined;
  }
}

/** Refuses for good, unless it is said when to try again. */
const refusal = (message: string, retryAfterSeconds?: number): FanOutRefusal =>
  compact({
    kind: 'failed' as const,
    error: taskError('rate_limited', message, retryAfterSeconds !== undefined),
    retryAfterSeconds,
  });
