import { compact } from '../functions/core/compact.ts';
import type { Subtask } from '../functions/core/define-task.ts';
import type { TaskStore } from '../functions/core/ports.ts';
import type { Outcome } from '../functions/core/task/outcome.ts';
import type { TestError } from './test-options.ts';

/** How an attempt has ended: `output` is there where it succeeded, `error` where it failed, `subtasks` where it fanned out. */
export type AttemptResult<Output> = {
  readonly status: 'succeeded' | 'failed' | 'fanned_out' | 'cancelled';
  readonly output?: Output;
  /** A retryable one is followed by another attempt, while there is one left. */
  readonly error?: TestError & { readonly retryAfterSeconds?: number };
  readonly subtasks?: readonly Subtask[];
};

/** Returns an outcome as a test is told of it; `Output` is what the definition says of it. */
export function resultOf<Output>(outcome: Outcome): AttemptResult<Output> {
  const { kind: status } = outcome;
  if (status === 'succeeded') return { status, output: outcome.output as Output };
  if (status === 'fanned_out') return { status, subtasks: outcome.subtasks };
  if (status === 'cancelled') return { status };
  return { status, error: compact({ ...outcome.error, retryAfterSeconds: outcome.retryAfterSeconds }) };
}

/** Makes a store that knows of tasks only whether they go on: until they are cancelled. */
export function heldUntil(cancelled: AbortSignal | undefined): Pick<TaskStore, 'check' | 'checkAll'> {
  const state = () => (cancelled?.aborted ? 'cancel_requested' : 'held');
  return { check: async () => state(), checkAll: async (tasks) => tasks.map(state) };
}
