import { BULK_ACTION_TYPE, type BulkActionStore } from '../../core/bulk-action/bulk-action.ts';
import { refusedIn } from '../../core/bulk-action/progress.ts';
import { mapConcurrently } from '../../core/concurrency.ts';
import type { DueTask, DueTasks, Random, TaskStore } from '../../core/ports.ts';
import { type AttemptStore, attemptRecord } from '../../core/task/attempt-record.ts';
import type { Ids } from '../../core/task/ids.ts';
import { keepUntilOf } from '../../core/task/payload.ts';
import type { RunningTask, TaskError } from '../../core/task/task.ts';
import { type Settlement, settlementOfFailure, settlementOfWait } from '../../core/task/transition.ts';
import { type AttemptEnd, type CarryOutPorts, carryOut, LEASE_MILLISECONDS } from './carry-out.ts';

export type BulkActionPorts = CarryOutPorts & {
  readonly store: CarryOutPorts['store'] & Pick<TaskStore, 'claim' | 'settle'>;
  readonly due: Pick<DueTasks, 'held'>;
  readonly bulkActions: Pick<BulkActionStore, 'get' | 'save'>;
  readonly attempts: Pick<AttemptStore, 'put'>;
  readonly ids: Pick<Ids, 'leaseToken'>;
  readonly random: Random;
};

/** So many bulk actions of all tenants are carried out at a time by one invocation; more of them wait for their turn. */
const AT_ONCE = 20;

/** Who finds nothing but what others have in hand looks again after so long: it goes on with what they give back, or die of. */
const PAUSE_MILLISECONDS = 1_000;

/** Where the platform does not answer, the next attempt waits, the longer the more there were. */
const RETRY = { maxAttempts: 1, baseDelaySeconds: 2, maxDelaySeconds: 60 };

const INTERRUPTED = 'bulk action interrupted: its next attempt goes on';

/**
 * Carries out all bulk actions that are open, until `until` at most. Each is a task that no lane has: it is held, as those of a paused
 * type are, and claimed and settled here as an executor does. So of several invocations one has it, and a dead one's lease runs out.
 */
export async function runBulkActions(until: number, ports: BulkActionPorts): Promise<void> {
  while (ports.clock() < until) {
    const open = await openActions(ports);
    if (open.length === 0) return;
    const attempts = await mapConcurrently(open, AT_ONCE, (one) =>
      attempt(one, until, ports).catch((error: unknown) => {
        // The others go on: what has begun of this one is taken up when its lease is over.
        ports.log('error', INTERRUPTED, { action_id: one.task.id, reason: String(error) });
        return 'busy' as const;
      }),
    );
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
      await recordAttempt(claim.task, settlement, ports);
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

/** Keeps how an attempt has ended that others follow, or that did not go well. It is settled whether or not that can be kept. */
async function recordAttempt(task: RunningTask, settlement: Settlement, ports: BulkActionPorts): Promise<void> {
  const { attempts, retentionDays, clock, log } = ports;
  const kind = 'cancelled' as const;
  const outcome = 'error' in settlement ? ({ kind: 'failed', error: settlement.error } as const) : { kind };
  const record = attemptRecord(task, outcome, settlement, clock(), () => undefined);
  if (record === undefined) return;
  try {
    await attempts.put(task, record, keepUntilOf(task, clock(), retentionDays));
  } catch (error) {
    log('warn', 'attempt not recorded', { action_id: task.id, reason: String(error) });
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
    log('error', INTERRUPTED, { action_id: task.id, reason: String(error) });
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
