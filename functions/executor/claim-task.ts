import { LEASE_MARGIN_SECONDS } from '../contract.ts';
import { tend } from '../core/fan-out.ts';
import { followUp } from '../core/follow-up.ts';
import type { JsonValue } from '../core/json.ts';
import type { RunningTask, TaskSeed } from '../core/task.ts';
import { isPaused } from '../core/task-settings.ts';
import { settledAsCancelled } from './conclude.ts';
import type { ExecutorPorts } from './executor-ports.ts';
import { fieldsOf } from './task-fields.ts';
import { DELETE, keepFor, type Verdict } from './verdict.ts';

/** A task that is ours for one attempt, and its input. */
export type Claimed = { readonly task: RunningTask; readonly input: JsonValue };

/** Takes the task of a message for one attempt, or says what becomes of the message. Throws only where the platform fails. */
export async function claimTask(
  queued: TaskSeed,
  deadline: number,
  ports: ExecutorPorts,
): Promise<{ readonly claimed: Claimed } | { readonly verdict: Verdict }> {
  const paused = isPaused(queued.type, await ports.settings.get(queued.type), ports.catalog);
  // An attempt that has begun is repeated even then: it is not waiting to start.
  if (paused && (await ports.store.park(queued, ports.clock())) === 'parked') return { verdict: DELETE };
  // Read first: an input that cannot be had now costs no attempt.
  const input = await ports.payloads.get(queued.input);
  const now = ports.clock();
  const lease = {
    token: ports.ids.leaseToken(),
    expiresAt: now + (queued.timeoutSeconds + LEASE_MARGIN_SECONDS) * 1000,
  };
  const claim = await ports.store.claim(queued, lease, now);
  switch (claim.result) {
    case 'claimed':
      await ports.held;
      return { claimed: { task: claim.task, input } };
    case 'finished':
      // Whoever ended it may have died before the rest was done.
      await followUp(claim.task, ports);
      return { verdict: DELETE };
    case 'waiting':
      // Whoever fanned it out may have died before all subtasks were there.
      await tend(claim.task, ports);
      return { verdict: DELETE };
    case 'conflict':
      // Another submit owns this id; its own message runs it.
      ports.log('warn', 'message refused: its task was submitted otherwise', fieldsOf(queued));
      return { verdict: DELETE };
    case 'cancel_requested':
      await settledAsCancelled(claim.task, deadline, ports);
      return { verdict: DELETE };
    case 'leased':
    case 'not_due':
      return { verdict: keepFor(claim.until - now) };
  }
}
