import { CHECK_PERIOD_SECONDS } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { TaskFailure } from '../../core/define-task.ts';
import type { LeaseState, Log, TaskStore } from '../../core/ports.ts';
import { failed, type Outcome } from '../../core/task/outcome.ts';
import type { Progress, RunningTask } from '../../core/task/task.ts';
import { logFieldsOf } from '../telemetry.ts';

const MAX_NOTE_LENGTH = 100;

export type AttemptWatch = {
  /** Keeps the progress, which the next heartbeat writes if it is still the latest. Throws `TypeError` for what is none. */
  progress(fraction: number, note?: string): void;
  stop(): void;
};

export type WatchPorts = { readonly store: Pick<TaskStore, 'check' | 'checkAll'>; readonly log: Log };

/**
 * Checks an attempt under way every few seconds: writes its progress, and ends it where its task is to be cancelled or is
 * another's by now. Most attempts are over before the first heartbeat, and cost nothing.
 */
export function watchAttempt(
  task: RunningTask,
  end: (outcome: Outcome, reason: TaskFailure) => void,
  { store, log }: WatchPorts,
): AttemptWatch {
  let latest: Progress | undefined;
  let written: Progress | undefined;
  const heartbeat = async (): Promise<void> => {
    const progress = latest;
    const lease = await store.check(task, progress === written ? undefined : progress);
    written = progress;
    if (lease !== 'held') end(...endOf(lease));
  };
  const stop = repeatHeartbeat(heartbeat, logFieldsOf(task), log);
  return {
    progress: (fraction, note) => {
      latest = progressOf(fraction, note);
    },
    stop,
  };
}

/** Checks the tasks of one batch, with one read for all of them; returns how to stop. */
export function watchBatch(
  tasks: readonly RunningTask[],
  end: (task: RunningTask, outcome: Outcome, reason: TaskFailure) => void,
  { store, log }: WatchPorts,
): () => void {
  const held = new Set(tasks);
  const heartbeat = async (): Promise<void> => {
    const checked = [...held];
    const leases = await store.checkAll(checked);
    for (const [place, task] of checked.entries()) {
      const lease = leases[place];
      if (lease === undefined || lease === 'held') continue;
      held.delete(task);
      end(task, ...endOf(lease));
    }
  };
  return repeatHeartbeat(heartbeat, { task_type: tasks[0]?.type, tasks: tasks.length }, log);
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
function repeatHeartbeat(heartbeat: () => Promise<void>, fields: object, log: Log): () => void {
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
  }, CHECK_PERIOD_SECONDS * 1000);
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
