import type { MessagePort } from 'node:worker_threads';
import { compact } from '../../core/compact.ts';
import { type Subtask, type TaskContext, TaskFailure } from '../../core/define-task.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Log } from '../../core/ports.ts';
import type { Progress } from '../../core/task/task.ts';
import { describeThrown, type ThrownError, thrownOf } from '../../core/thrown.ts';
import type { HandlerCall } from '../attempt/run-handler.ts';

/** A thread is given this when it starts. */
export type ThreadData = {
  readonly outboundHosts: string;
  /** What its handlers read from `process.env`. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** What an executor has to give to its threads. */
export type ThreadOptions = ThreadData & {
  /** The variables by which an SDK finds its credentials, region and endpoints: for handlers that ask for credentials. */
  readonly credentials?: Readonly<Record<string, string>>;
};

/** Asks a thread to make an attempt. All that is said of it goes through its own `port`, and ends with it. */
export type Job = {
  readonly task: TaskContext['task'];
  readonly schedule: TaskContext['schedule'] | undefined;
  /** Its input is as its schema parsed it. */
  readonly call: HandlerCall;
  /** Whether it has to tell of its calls: they are recorded. */
  readonly tellsCalls: boolean;
  readonly port: MessagePort;
};

/** Tells an attempt that its signal aborts. */
export type Abort = { readonly abort: Thrown };

/** Answers an attempt that has asked for a secret, by the place of its question. */
export type SecretAnswer = {
  readonly secret: { readonly place: number } & ({ readonly value: string } | { readonly thrown: Thrown });
};

/** A thread writes a line, which names its attempt. */
export type FromThread = { readonly line: Parameters<Log> };

/** An attempt tells that it has begun, what it calls of its context and outside, what it has left running, and how it ends. */
export type Report =
  | { readonly begun: true }
  | { readonly log: Parameters<TaskContext['log']> }
  | { readonly progress: Progress }
  | { readonly secret: { readonly place: number; readonly name: string } }
  | { readonly call: { readonly place: number; readonly name: string } }
  | { readonly called: { readonly place: number; readonly thrown?: Thrown } }
  | { readonly left: readonly string[] }
  | { readonly output: JsonValue }
  | { readonly subtasks: readonly Subtask[] }
  | { readonly thrown: Thrown };

/** What was thrown, in a form that leaves a thread: the clone of an error loses its class, and what it has of its own. */
export type Thrown =
  | {
      readonly failure: Pick<TaskFailure, 'code' | 'message' | 'retryable' | 'retryAfterSeconds'>;
      /** Where it was thrown, and what lies behind it. */
      readonly behind: Pick<ThrownError, 'stack' | 'cause'>;
    }
  | { readonly error: ThrownError };

/** Packs what was thrown for another thread. Throws where even looking at it throws. */
export function packThrown(thrown: unknown): Thrown {
  if (thrown instanceof TaskFailure) {
    const { code, message, retryable, retryAfterSeconds } = thrown;
    const { stack, cause } = describeThrown(thrown);
    return { failure: { code, message, retryable, retryAfterSeconds }, behind: compact({ stack, cause }) };
  }
  return { error: describeThrown(thrown) };
}

/** Returns what was thrown in another thread, as this one can throw it. */
export function unpackThrown(thrown: Thrown): unknown {
  if ('error' in thrown) return thrownOf(thrown.error);
  const { code, message, retryable, retryAfterSeconds } = thrown.failure;
  const { stack, cause } = thrown.behind;
  const options = compact({ retryable, retryAfterSeconds, cause: cause && thrownOf(cause) });
  return Object.assign(new TaskFailure(code, message, options), { stack });
}
