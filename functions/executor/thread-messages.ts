import type { MessagePort } from 'node:worker_threads';
import { type Subtask, type TaskContext, TaskFailure } from '../core/define-task.ts';
import type { JsonValue } from '../core/json.ts';
import { describeThrown, type ThrownError, thrownOf } from '../core/thrown.ts';
import type { HandlerCall } from './handler-call.ts';

/** What a thread is given when it starts. */
export type ThreadData = { readonly outboundHosts: string };

/** To a thread: the attempt to make. All that is said of it goes through its own `port`, and ends with it. */
export type Job = {
  readonly task: TaskContext['task'];
  /** Its input is as its schema made it. */
  readonly call: HandlerCall;
  readonly port: MessagePort;
};

/** To an attempt: that its signal aborts. */
export type Abort = { readonly abort: Thrown };

/** From an attempt: what it calls of its context, and how it ends. */
export type Report =
  | { readonly log: Parameters<TaskContext['log']> }
  | { readonly progress: Parameters<TaskContext['progress']> }
  | { readonly output: JsonValue }
  | { readonly subtasks: readonly Subtask[] }
  | { readonly thrown: Thrown };

/** What was thrown, in a form that leaves a thread: of an error the clone loses its class, and what it has of its own. */
export type Thrown =
  | { readonly failure: Pick<TaskFailure, 'code' | 'message' | 'retryable' | 'retryAfterSeconds'> }
  | { readonly error: ThrownError };

export function packThrown(thrown: unknown): Thrown {
  if (thrown instanceof TaskFailure) {
    const { code, message, retryable, retryAfterSeconds } = thrown;
    return { failure: { code, message, retryable, retryAfterSeconds } };
  }
  return { error: describeThrown(thrown) };
}

export function unpackThrown(thrown: Thrown): unknown {
  if ('error' in thrown) return thrownOf(thrown.error);
  const { code, message, retryable, retryAfterSeconds } = thrown.failure;
  return new TaskFailure(code, message, {
    retryable,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
