import { INVOCATION_MARGIN_SECONDS, LEASE_MARGIN_SECONDS } from '../contract.ts';
import { tend } from '../core/fan-out.ts';
import { followUp } from '../core/follow-up.ts';
import type { JsonValue } from '../core/json.ts';
import type { RunningTask, TaskSeed } from '../core/task.ts';
import { isPaused } from '../core/task-settings.ts';
import { canHaveEnded } from '../core/transition.ts';
import { settledAsCancelled, settledAsLost } from './conclude.ts';
import { ANSWER_MILLISECONDS, type ExecutorPorts } from './executor-ports.ts';
import { persistently } from './persistently.ts';
import { fieldsOf } from './task-fields.ts';
import { DELETE, keepFor, type Verdict } from './verdict.ts';

/** How long a claim is tried: what is left of its lease then is enough for the whole timeout, and for settling. */
const CLAIM_MILLISECONDS = (LEASE_MARGIN_SECONDS - INVOCATION_MARGIN_SECONDS / 2) * 1000;

/** A task that is ours for one attempt, and its input; without one where that is not kept any more. */
export type Claimed = { readonly task: RunningTask; readonly input: JsonValue | undefined };

/** Takes the task of a message for one attempt, or says what becomes of the message. Throws only where the platform fails. */
export async function claimTask(
  queued: TaskSeed,
  deadline: number,
  ports: ExecutorPorts,
): Promise<{ readonly claimed: Claimed } | { readonly verdict: Verdict }> {
  if (await isLongOver(queued, ports)) {
    ports.log('warn', 'message dropped: its task is past its retention', fieldsOf(queued));
    return { verdict: DELETE };
  }
  const paused = isPaused(queued.type, await ports.settings.get(queued.type), ports.catalog);
  // An attempt that has begun is repeated even then: it is not waiting to start.
  if (paused && (await ports.store.park(queued, ports.clock())) === 'parked') return { verdict: DELETE };
  // Read first: an input that cannot be had now costs no attempt. One that is gone does, or it would be asked for ever.
  const input = await ports.payloads.get(queued.tenantId, queued.input);
  const now = ports.clock();
  const lease = {
    token: ports.ids.leaseToken(),
    expiresAt: now + (queued.timeoutSeconds + LEASE_MARGIN_SECONDS) * 1000,
  };
  // Under the same token: a claim whose answer was lost finds itself, and spends one attempt and no more.
  const claimBy = Math.min(deadline - ANSWER_MILLISECONDS, now + CLAIM_MILLISECONDS);
  const claim = await persistently(() => ports.store.claim(queued, lease, now), claimBy, ports);
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
      return { verdict: await settledAsCancelled(claim.task, deadline, ports) };
    case 'attempts_spent':
      return { verdict: await settledAsLost(claim.task, deadline, ports) };
    case 'leased':
    case 'not_due':
      return { verdict: keepFor(claim.until - now) };
  }
}

/** Whether a message is so old that its task may have ended, and has no row any more: it is not to be made anew. */
const isLongOver = async (queued: TaskSeed, { store, clock, retentionDays }: ExecutorPorts): Promise<boolean> =>
  canHaveEnded(queued, clock(), retentionDays) && (await store.get(queued.tenantId, queued.id, clock())) === undefined;
