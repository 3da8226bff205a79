import { CHECK_PERIOD_SECONDS } from '../../contract.ts';
import { TaskFailure } from '../../core/define-task.ts';
import type { LeaseState, Log, TaskStore } from '../../core/ports.ts';
import { failed, type Outcome } from '../../core/task/outcome.ts';
import type { Progress, RunningTask } from '../../core/task/task.ts';
import { logFieldsOf } from '../telemetry.ts';

const MAX_NOTE_LENGTH = 100;

export type AttemptWatch = {
  /** Of the latest call something is told, at the next look. */
  progress(fraction: number, note?: string): void;
  stop(): void;
};

export type WatchPorts = { readonly store: Pick<TaskStore, 'check' | 'checkAll'>; readonly log: Log };

/**
 * Looks after an attempt under way every few seconds: tells its progress, and ends it where its task is to be cancelled or
 * is another's by now. Most attempts are over before the first look, and cost nothing.
 */
export function watchAttempt(
  task: RunningTask,
  end: (outcome: Outcome, reason: TaskFailure) => void,
  { store, log }: WatchPorts,
): AttemptWatch {
  let latest: Progress | undefined;
  let told: Progress | undefined;
  const look = async (): Promise<void> => {
    const progress = latest;
    const state = await store.check(task, progress === told ? undefined : progress);
    told = progress;
    if (state !== 'held') end(...endOf(state));
  };
  const stop = lookRepeatedly(look, logFieldsOf(task), log);
  return {
    progress: (fraction, note) => {
      latest = progressOf(fraction, note);
    },
    stop,
  };
}

/** Looks after the tasks of one batch, with one read for all of them; returns how to stop. */
export function watchBatch(
  tasks: readonly RunningTask[],
  end: (task: RunningTask, outcome: Outcome, reason: TaskFailure) => void,
  { store, log }: WatchPorts,
): () => void {
  const held = new Set(tasks);
  const look = async (): Promise<void> => {
    const looked = [...held];
    const states = await store.checkAll(looked);
    for (const [place, task] of looked.entries()) {
      const state = states[place];
      if (state === undefined || state === 'held') continue;
      held.delete(task);
      end(task, ...endOf(state));
    }
  };
  return lookRepeatedly(look, { task_type: tasks[0]?.type, tasks: tasks.length }, log);
}

/** What `ctx.progress` was given. Throws `TypeError` for what is none, where its handler can catch it. */
export function progressOf(fraction: unknown, note?: unknown): Progress {
  if (typeof fraction !== 'number' || !Number.isFinite(fraction)) {
    throw new TypeError(
      `progress is a number from 0 to 1, not ${typeof fraction === 'number' ? fraction : typeof fraction}`,
    );
  }
  if (note !== undefined && typeof note !== 'string')
    throw new TypeError(`a note of progress is text, not ${typeof note}`);
  return {
    fraction: Math.min(Math.max(fraction, 0), 1),
    ...(note === undefined ? {} : { note: note.slice(0, MAX_NOTE_LENGTH).toWellFormed() }),
  };
}

/** One look at a time, the first a period from now. */
function lookRepeatedly(look: () => Promise<void>, fields: object, log: Log): () => void {
  let isLooking = false;
  const interval = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      await look();
    } catch (error) {
      log('warn', 'cancel check failed', { ...fields, reason: String(error) });
    } finally {
      isLooking = false;
    }
  }, CHECK_PERIOD_SECONDS * 1000);
  return () => clearInterval(interval);
}

function endOf(state: Exclude<LeaseState, 'held'>): [Outcome, TaskFailure] {
  if (state === 'cancel_requested') {
    return [{ kind: 'cancelled' }, new TaskFailure('cancelled', 'the task was cancelled')];
  }
  const message = 'another attempt holds the task';
  return [failed('lease_lost', message, true), new TaskFailure('lease_lost', message)];
}
