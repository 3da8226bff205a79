import type { BulkAction, BulkActionStore, BulkProgress, KeptBulkAction } from '../../core/bulk-action/bulk-action.ts';
import { readMatching } from '../../core/bulk-action/matching.ts';
import { ended, fractionOf, withCounted, withOutcomes, withPending } from '../../core/bulk-action/progress.ts';
import type { LeaseState, TaskStore } from '../../core/ports.ts';
import type { RunningTask } from '../../core/task/task.ts';
import { type ActPorts, actOnTasks } from './act-on-tasks.ts';

export type CarryOutPorts = ActPorts & {
  readonly store: ActPorts['store'] & Pick<TaskStore, 'list' | 'check'>;
  readonly bulkActions: Pick<BulkActionStore, 'save'>;
};

/** How an attempt of a bulk action has ended: it is over, its time is, somebody has asked for its end, or it is another's. */
export type AttemptEnd = {
  readonly result: 'ended' | 'continues' | 'cancelled' | 'lost';
  readonly progress: BulkProgress;
};

/** A page of the count has so many tasks. */
const COUNTED_TASKS = 1_000;

/**
 * Returns how many tasks a step of the work has: few, so that others find no crowd before them, and not so few that what a step writes of
 * itself counts. A quarter of a second's does, up to fifty; of ten or less, all of a second.
 */
const tasksOfStep = ({ ratePerSecond }: BulkAction): number =>
  Math.min(ratePerSecond, Math.max(10, Math.ceil(ratePerSecond / 4)), 50);

/** The lease is renewed so often, and lasts for so long beyond that: who dies is followed soon. */
const RENEWAL_MILLISECONDS = 5_000;
export const LEASE_MILLISECONDS = 20_000;

/**
 * Carries a bulk action out until `until`, from where it is kept. Before each step its tasks are written down, and after it what has come
 * of them: whoever goes on after a death knows which tasks may be done already, and looks at each before he does it.
 */
export async function carryOut(
  task: RunningTask,
  { action, progress: kept }: KeptBulkAction,
  until: number,
  ports: CarryOutPorts,
): Promise<AttemptEnd> {
  const { clock, sleep } = ports;
  const lease = leaseKeeper(task, ports);
  let progress = kept;
  let nextAt = clock();
  /** A step begins no sooner than the one before allows; one that took longer is not made up for. */
  const untilNextStep = () => sleep(Math.max(0, nextAt - clock()));
  /** Keeps what has changed; `lost` where somebody else goes on with it. */
  const save = async (next: BulkProgress): Promise<'saved' | 'lost'> => {
    progress = { ...next, revision: progress.revision + 1 };
    return ports.bulkActions.save(action, progress);
  };
  const act = async (isAgain: boolean): Promise<void> => {
    await untilNextStep();
    nextAt = clock() + (progress.pending.length * 1000) / action.ratePerSecond;
    const keepLease = () => lease.keep(progress);
    progress = withOutcomes(progress, await actOnTasks(action, progress.pending, isAgain, { ...ports, keepLease }));
  };
  if (progress.pending.length > 0) await act(true);
  while (progress.phase !== 'ended') {
    const state = await lease.look(progress);
    if (state === 'lost') return { result: 'lost', progress };
    const result = state === 'cancel_requested' ? 'cancelled' : clock() >= until ? 'continues' : undefined;
    if (result !== undefined) {
      if ((await save(progress)) === 'lost') return { result: 'lost', progress };
      // The next attempt begins at once.
      if (result === 'continues') await untilNextStep();
      return { result, progress };
    }
    if (progress.phase === 'counting') {
      const { ids, next } = await readMatching(action, progress.after, COUNTED_TASKS, ports);
      if ((await save(withCounted(progress, ids.length, next))) === 'lost') return { result: 'lost', progress };
    } else if (progress.isRead) {
      if ((await save(ended(progress))) === 'lost') return { result: 'lost', progress };
    } else {
      const { ids, next } = await readMatching(action, progress.after, tasksOfStep(action), ports);
      if ((await save(withPending(progress, ids, next))) === 'lost') return { result: 'lost', progress };
      await act(false);
    }
  }
  return { result: 'ended', progress };
}

/** Makes what looks after the lease of an attempt, and renews it with its progress where that is due. */
function leaseKeeper(task: RunningTask, { store, clock }: CarryOutPorts) {
  let renewedAt = clock();
  const isDue = (): boolean => clock() - renewedAt >= RENEWAL_MILLISECONDS;
  const renew = (progress: BulkProgress): Promise<LeaseState> => {
    renewedAt = clock();
    const fraction = fractionOf(progress);
    return store.check(task, { leaseExpiresAt: renewedAt + LEASE_MILLISECONDS, progress: { fraction } });
  };
  return {
    /** Keeps the lease through a step that takes long. Whoever has lost it learns that when he looks. */
    keep: async (progress: BulkProgress): Promise<void> => {
      if (isDue()) await renew(progress);
    },
    look: async (progress: BulkProgress): Promise<LeaseState> => {
      const state = isDue() ? 'lost' : await store.check(task);
      // What is only looked at may be as it was before the claim: a write says so for certain.
      return state === 'lost' ? renew(progress) : state;
    },
  };
}
