import { MillraceError } from './millrace-error.ts';
import { backoff, pause } from './pause.ts';
import type { SucceededTask, Task } from './tasks.ts';
import type { CallOptions } from './transport.ts';

/** How long a result is waited for. */
export type ResultOptions = {
  /** 300 unless given. */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the wait, which throws the signal's reason; the task goes on. */
  readonly signal?: AbortSignal | undefined;
};

const FIRST_PAUSE_MILLISECONDS = 200;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

/** The last look at a task has so much time, too. */
const LAST_LOOK_SECONDS = 1;

/**
 * Waits until a task has ended, and returns it where it succeeded. Throws the error of one that failed, `cancelled` of one that was
 * cancelled, and `not_finished` where it takes longer.
 */
export async function waitForResult(
  look: (options: CallOptions) => Promise<Task>,
  { timeoutSeconds = 300, signal, deadlineSeconds }: ResultOptions & { readonly deadlineSeconds: number },
): Promise<SucceededTask> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (let looks = 1; ; looks++) {
    const secondsLeft = Math.max(LAST_LOOK_SECONDS, (deadline - performance.now()) / 1000);
    const task = await look({ signal, deadlineSeconds: Math.min(deadlineSeconds, secondsLeft) });
    if (task.status === 'succeeded') return succeeded(task);
    if (task.status === 'failed') throw failed(task);
    if (task.status === 'cancelled') throw unsuccessful(task, 'cancelled', 'it was cancelled');
    const left = deadline - performance.now();
    if (left <= 0) throw unsuccessful(task, 'not_finished', `it is ${task.status} after ${timeoutSeconds} s`);
    await pause(Math.min(left, backoff(looks, FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS)), signal);
  }
}

function succeeded(task: Task): SucceededTask {
  if (task.missing?.includes('output')) throw unsuccessful(task, 'output_missing', 'its output is not kept any more');
  return task as SucceededTask;
}

const failed = (task: Task): MillraceError =>
  unsuccessful(task, task.error?.code ?? 'failed', task.error?.message ?? 'it failed');

const unsuccessful = (task: Task, code: string, why: string): MillraceError =>
  new MillraceError(`the task ${task.type} ${task.id}: ${why}`, { code, task });
