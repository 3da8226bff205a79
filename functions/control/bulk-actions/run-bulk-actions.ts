import { BULK_ACTION_TYPE, type BulkActionStore } from '../../core/bulk-action/bulk-action.ts';
import { refusedIn } from '../../core/bulk-action/progress.ts';
import { mapConcurrently } from '../../core/concurrency.ts';
import type { DueTask, DueTasks, Random, TaskStore } from '../../core/ports.ts';
import type { Ids } from '../../core/task/ids.ts';
import type { RunningTask, TaskError } from '../../core/task/task.ts';
import { type Settlement, settlementOfFailure, settlementOfWait } from '../../core/task/transition.ts';
import { type AttemptEnd, type CarryOutPorts, carryOut, LEASE_MILLISECONDS } from './carry-out.ts';

export type BulkActionPorts = CarryOutPorts & {
  readonly store: CarryOutPorts['store'] & Pick<TaskStore, 'claim' | 'settle'>;
  readonly due: Pick<DueTasks, 'held'>;
  readonly bulkActions: Pick<BulkActionStore, 'get' | 'save'>;
  readonly ids: Pick<Ids, 'leaseToken'>;
  readonly random: Random;
};

/** So many bulk actions of all tenants are carried out at a time by one invocation; more of them wait for their turn. */
const AT_ONCE = 20;

/** Who finds nothing but what others have in hand looks again after so long: it goes on with what they give back, or die of. */
const PAUSE_MILLISECONDS = 1_000;

/** Where the platform does not answer, the next attempt waits, the longer the more there were. */
const RETRY = { maxAttempts: 1, baseDelaySeconds: 2, maxDelaySeconds: 60 };

/**
 * Carries out all bulk actions that are open, until `until` at most. Each is a task that no lane has: it is held, as those of a paused
 * type are, and claimed and settled here as an executor does. So of several invocations one has it, and a dead one's lease runs out.
 */
export async function runBulkActions(until: number, ports: BulkActionPorts): Promise<void> {
  while (ports.clock() < until) {
    const open = await openActions(ports);
    if (open.length === 0) return;
    const attempts = await mapConcurrently(open, AT_ONCE, (one) => attempt(one, until, ports));
    if (!attempts.includes('attempted')) await ports.sleep(PAUSE_MILLISECONDS);
  }
}

async function openActions({ due, clock }: BulkActionPorts): Promise<readonly DueTask[]> {
  const open: DueTask[] = [];
  for await (const page of due.held(BULK_ACTION_TYPE, clock(), AT_ONCE)) open.push(...page);
  return open;
}

/** Claims the task of a bulk action, gets on with it, and settles what has come of that. */
async function attempt({ task: found }: DueTask, until: number, ports: BulkActionPorts): Promise<'attempted' | 'busy'> {
  const { store, ids, clock, log } = ports;
  const lease = { token: ids.leaseToken(), expiresAt: clock() + LEASE_MILLISECONDS };
  const claim = await store.claim(found, lease, clock());
  switch (claim.result) {
    case 'claimed': {
      const settlement = await settlementOf(claim.task, until, ports);
      if (settlement === undefined) return 'busy';
      const settled = await store.settle(claim.task, settlement);
      // Somebody has asked for its end between its last look and this.
      if (settled === 'cancel_requested') await store.settle(claim.task, { status: 'cancelled', finishedAt: clock() });
      log('info', 'bulk action attempted', { action_id: found.id, status: settlement.status });
      return 'attempted';
    }
    case 'cancel_requested':
      await store.settle(claim.task, { status: 'cancelled', finishedAt: clock() });
      return 'attempted';
    case 'attempts_spent':
      await store.settle(claim.task, { status: 'failed', error: EXECUTOR_LOST, finishedAt: clock() });
      return 'attempted';
    default:
      return 'busy';
  }
}

const errorOf = (code: string, message: string, retryable: boolean): TaskError => ({ code, message, retryable });
const EXECUTOR_LOST = errorOf('executor_lost', 'what carries it out died in its last attempt', false);
const NO_ANSWER = errorOf('unavailable', 'a part of the platform does not answer', true);
const GONE_ON = errorOf('continues', 'its time was over: the next attempt goes on where it was', true);
const GONE = errorOf('not_found', 'there is no such bulk action', false);

/** Says what an attempt has made of the task; nothing where another has it. */
async function settlementOf(task: RunningTask, until: number, ports: BulkActionPorts): Promise<Settlement | undefined> {
  const { bulkActions, clock, random, log } = ports;
  try {
    const kept = await bulkActions.get(task.tenantId, task.id);
    if (kept === undefined) return { status: 'failed', error: GONE, finishedAt: clock() };
    return settlementOfEnd(await carryOut(task, kept, until, ports), clock());
  } catch (error) {
    log('error', 'bulk action interrupted: its next attempt goes on', { action_id: task.id, reason: String(error) });
    return settlementOfFailure(task, { kind: 'failed', error: NO_ANSWER }, RETRY, clock(), random());
  }
}

function settlementOfEnd({ result, progress }: AttemptEnd, now: number): Settlement | undefined {
  switch (result) {
    case 'ended': {
      const { matched, done, refusals } = progress;
      return {
        status: 'succeeded',
        output: { inline: { matched, done, refused: refusedIn(refusals) } },
        finishedAt: now,
      };
    }
    case 'continues':
      return settlementOfWait(GONE_ON, now, 0);
    case 'cancelled':
      return { status: 'cancelled', finishedAt: now };
    case 'lost':
      return undefined;
  }
}
