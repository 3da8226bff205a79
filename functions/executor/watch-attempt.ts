import { CHECK_PERIOD_SECONDS } from '../contract.ts';
import { TaskFailure } from '../core/define-task.ts';
import { failed, type Outcome } from '../core/outcome.ts';
import type { Log, TaskStore } from '../core/ports.ts';
import type { Progress, RunningTask } from '../core/task.ts';
import { fieldsOf } from './task-fields.ts';

const MAX_NOTE_LENGTH = 100;

export type AttemptWatch = {
  /** Of the latest call something is told, at the next look. */
  progress(fraction: number, note?: string): void;
  stop(): void;
};

export type WatchTools = { readonly store: Pick<TaskStore, 'check'>; readonly log: Log };

/**
 * Looks after an attempt under way every few seconds: tells its progress, and ends it where its task is to be cancelled or
 * is another's by now. Most attempts are over before the first look, and cost nothing.
 */
export function watchAttempt(
  task: RunningTask,
  end: (outcome: Outcome, reason: TaskFailure) => void,
  { store, log }: WatchTools,
): AttemptWatch {
  let latest: Progress | undefined;
  let told: Progress | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    const progress = latest;
    try {
      const state = await store.check(task, progress === told ? undefined : progress);
      told = progress;
      if (state === 'cancel_requested')
        end({ kind: 'cancelled' }, new TaskFailure('cancelled', 'the task was cancelled'));
      if (state === 'lost') {
        const message = 'another attempt holds the task';
        end(failed('lease_lost', message, true), new TaskFailure('lease_lost', message));
      }
    } catch (error) {
      log('warn', 'attempt not looked after', { ...fieldsOf(task), reason: String(error) });
    } finally {
      isLooking = false;
    }
  };
  const interval = setInterval(look, CHECK_PERIOD_SECONDS * 1000);
  return {
    progress(fraction, note) {
      if (!Number.isFinite(fraction)) throw new TypeError('progress is a number from 0 to 1');
      latest = {
        fraction: Math.min(Math.max(fraction, 0), 1),
        ...(note === undefined ? {} : { note: note.slice(0, MAX_NOTE_LENGTH).toWellFormed() }),
      };
    },
    stop: () => clearInterval(interval),
  };
}
