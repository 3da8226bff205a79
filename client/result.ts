import { MillraceError } from './millrace-error.ts';
import { backoff, pause } from './pause.ts';
import type { SucceededTask, Task } from './tasks.ts';
import { type Answer, type CallOptions, foreignAnswer, retryAfterOf } from './transport.ts';

/** How long a result is waited for. */
export type ResultOptions = {
  /** 300 unless given. */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the wait, which throws the signal's reason; the task goes on. */
  readonly signal?: AbortSignal | undefined;
};

/** Reads a task. The API is to answer when it has ended, or after so many seconds; at once where there are none. */
export type Look = (waitSeconds: number, options: CallOptions) => Promise<Answer>;

/** What the client allows its looks: all tries of one, and one of them. */
type Limits = { readonly deadlineSeconds: number; readonly tryTimeoutSeconds: number };

const FIRST_PAUSE_MILLISECONDS = 200;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

/** The API is to wait no longer with an answer, and a try takes so much more time for the way. */
const LONGEST_WAIT_SECONDS = 20;
const WAY_SECONDS = 5;

/** The last look at a task has so much time, too. */
const LAST_LOOK_SECONDS = 1;

/**
 * Waits until a task has ended, and returns it where it succeeded. Throws the error of one that failed, `cancelled` of one that was
 * cancelled, and `not_finished` where it takes longer. The API waits with its answers. Where it does not, since as many wait as may or
 * since it is older, the task is asked for less and less often. An outage ends the wait only where it outlasts it.
 */
export async function waitForResult(
  look: Look,
  { timeoutSeconds = 300, signal, deadlineSeconds, tryTimeoutSeconds }: ResultOptions & Limits,
): Promise<SucceededTask> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  let longestWait = Math.min(LONGEST_WAIT_SECONDS, tryTimeoutSeconds - WAY_SECONDS);
  for (let looks = 1; ; looks++) {
    const asked = performance.now();
    const left = (deadline - asked) / 1000;
    const waitSeconds = Math.max(0, Math.floor(Math.min(longestWait, left)));
    const seconds = Math.max(LAST_LOOK_SECONDS, Math.min(deadlineSeconds, left));
    const seen = await lookOnce(look, waitSeconds, { signal, deadlineSeconds: seconds });
    const now = performance.now();
    let pauseMilliseconds = backoff(looks, FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS);
    if (seen instanceof MillraceError) {
      if (seen.fields.some(({ field }) => field === 'waitSeconds')) longestWait = 0;
      // A try that was to wait may have outlived the time: the last look is one that is not.
      else if (!seen.isPassing || (now >= deadline && waitSeconds === 0)) throw seen;
    } else {
      const { task, retryAfterSeconds } = seen;
      const result = resultOf(task);
      if (result !== undefined) return result;
      if (now >= deadline) {
        throw unsuccessful(task, 'not_finished', `it is ${task.status} after ${timeoutSeconds} s`, true);
      }
      if (retryAfterSeconds !== undefined) pauseMilliseconds = Math.max(pauseMilliseconds, retryAfterSeconds * 1000);
      else if (waitSeconds > 0 && now - asked >= waitSeconds * 900) [looks, pauseMilliseconds] = [0, 0];
    }
    await pause(Math.max(0, Math.min(deadline - now, pauseMilliseconds)), signal);
  }
}

type Seen = { readonly task: Task; readonly retryAfterSeconds: number | undefined };

/** Looks at a task, and returns what is wrong with the answer where there is none. */
async function lookOnce(look: Look, waitSeconds: number, options: CallOptions): Promise<Seen | MillraceError> {
  try {
    const { body, headers } = await look(waitSeconds, options);
    const task = body as Task | null;
    return typeof task?.status === 'string' ? { task, retryAfterSeconds: retryAfterOf(headers) } : foreignAnswer();
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof MillraceError) return error;
    throw error;
  }
}

/** Returns a task that has succeeded, and nothing of one that has not ended. Throws how any other has ended. */
function resultOf(task: Task): SucceededTask | undefined {
  if (task.status === 'cancelled') throw unsuccessful(task, 'cancelled', 'it was cancelled');
  if (task.status === 'failed') {
    throw unsuccessful(task, task.error?.code ?? 'failed', task.error?.message ?? 'it failed');
  }
  if (task.status !== 'succeeded') return undefined;
  if (task.missing?.includes('output')) throw unsuccessful(task, 'output_missing', 'its output is not kept any more');
  return task as SucceededTask;
}

const unsuccessful = (task: Task, code: string, why: string, isPassing = false): MillraceError =>
  new MillraceError(`the task ${task.type} ${task.id}: ${why}`, { code, task, isPassing });
