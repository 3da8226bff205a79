import { CHECK_PERIOD_SECONDS } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { TaskFailure } from '../../core/define-task.ts';
import type { Clock, LeaseState, Log, TaskStore } from '../../core/ports.ts';
import { failed, type Outcome } from '../../core/task/outcome.ts';
import type { Progress, RunningTask } from '../../core/task/task.ts';
import { logFieldsOf } from '../telemetry.ts';
import { LEASE_SECONDS } from './lease-times.ts';

const MAX_NOTE_LENGTH = 100;

export type AttemptWatch = {
  /** Keeps the progress, which the next heartbeat writes if it is still the latest. Throws `TypeError` for what is none. */
  progress(fraction: number, note?: string): void;
  /** Returns the progress that was told last. */
  latest(): Progress | undefined;
  stop(): void;
};

export type WatchPorts = {
  readonly store: Pick<TaskStore, 'check' | 'checkAll'>;
  readonly clock: Clock;
  readonly log: Log;
  /** A test may have attempts checked more often. */
  readonly checkMilliseconds?: number;
};

/** A lease with less left than this is renewed. What fails then is tried again before the lease has expired. */
const RENEWED_BELOW_MILLISECONDS = (LEASE_SECONDS - 1.5 * CHECK_PERIOD_SECONDS) * 1000;

/**
 * Checks an attempt under way every few seconds: renews its lease every other time, writes its progress, and ends it where
 * its task is to be cancelled or is another's by now. Most attempts are over before the first heartbeat, and cost nothing.
 */
export function watchAttempt(
  task: RunningTask,
  end: (outcome: Outcome, reason: TaskFailure) => void,
  { store, clock, log, checkMilliseconds }: WatchPorts,
): AttemptWatch {
  const lease = renewable([task], clock);
  let latest: Progress | undefined;
  let written: Progress | undefined;
  const heartbeat = async (): Promise<void> => {
    const progress = latest;
    const leaseExpiresAt = lease.dueRenewal();
    const state = await store.check(task, { progress: progress === written ? undefined : progress, leaseExpiresAt });
    written = progress;
    lease.renewed(leaseExpiresAt);
    if (state !== 'held') end(...endOf(state));
  };
  const stop = repeatHeartbeat(heartbeat, logFieldsOf(task), log, checkMilliseconds);
  return {
    progress: (fraction, note) => {
      latest = progressOf(fraction, note);
    },
    latest: () => latest,
    stop,
  };
}

/** Checks the tasks of one batch, with one request for all of them; returns how to stop. */
export function watchBatch(
  tasks: readonly RunningTask[],
  end: (task: RunningTask, outcome: Outcome, reason: TaskFailure) => void,
  { store, clock, log, checkMilliseconds }: WatchPorts,
): () => void {
  const lease = renewable(tasks, clock);
  const held = new Set(tasks);
  const heartbeat = async (): Promise<void> => {
    const checked = [...held];
    const leaseExpiresAt = lease.dueRenewal();
    const states = await store.checkAll(checked, leaseExpiresAt);
    lease.renewed(leaseExpiresAt);
    for (const [place, task] of checked.entries()) {
      const state = states[place];
      if (state === undefined || state === 'held') continue;
      held.delete(task);
      end(task, ...endOf(state));
    }
  };
  return repeatHeartbeat(heartbeat, { task_type: tasks[0]?.type, tasks: tasks.length }, log, checkMilliseconds);
}

/** The leases of tasks that are renewed together, as far as this executor knows of them. */
function renewable(tasks: readonly RunningTask[], clock: Clock) {
  let expiresAt = Math.min(...tasks.map(({ leaseExpiresAt }) => leaseExpiresAt));
  return {
    /** Returns when the leases are to expire now; `undefined` where they have enough time left. */
    dueRenewal: (): number | undefined =>
      expiresAt - clock() < RENEWED_BELOW_MILLISECONDS ? clock() + LEASE_SECONDS * 1000 : undefined,
    renewed: (until: number | undefined): void => {
      expiresAt = until ?? expiresAt;
    },
  };
}

/** Returns what `ctx.progress` was given. Throws `TypeError` for what is none, where its handler can catch it. */
export function progressOf(fraction: unknown, note?: unknown): Progress {
  if (typeof fraction !== 'number' || !Number.isFinite(fraction)) {
    throw new TypeError(
      `progress is a number from 0 to 1, not ${typeof fraction === 'number' ? fraction : typeof fraction}`,
    );
  }
  if (note !== undefined && typeof note !== 'string')
    throw new TypeError(`a note of progress is text, not ${typeof note}`);
  return compact({
    fraction: Math.min(Math.max(fraction, 0), 1),
    note: note?.slice(0, MAX_NOTE_LENGTH).toWellFormed(),
  });
}

/** Makes one heartbeat at a time, the first a period from now. One that fails is logged, and the attempt goes on. */
function repeatHeartbeat(
  heartbeat: () => Promise<void>,
  fields: object,
  log: Log,
  milliseconds = CHECK_PERIOD_SECONDS * 1000,
): () => void {
  let isUnderWay = false;
  const interval = setInterval(async () => {
    if (isUnderWay) return;
    isUnderWay = true;
    try {
      await heartbeat();
    } catch (error) {
      log('warn', 'cancel check failed', { ...fields, reason: String(error) });
    } finally {
      isUnderWay = false;
    }
  }, milliseconds);
  return () => clearInterval(interval);
}

/** Returns how an attempt ends whose lease is not to go on, and what its signal aborts with. */
function endOf(lease: Exclude<LeaseState, 'held'>): [Outcome, TaskFailure] {
  if (lease === 'cancel_requested') {
    return [{ kind: 'cancelled' }, new TaskFailure('cancelled', 'the task was cancelled')];
  }
  const message = 'another attempt holds the task';
  return [failed('lease_lost', message, true), new TaskFailure('lease_lost', message)];
}
