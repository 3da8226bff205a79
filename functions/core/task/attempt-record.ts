import { compact } from '../compact.ts';
import type { ThrownError } from '../thrown.ts';
import type { TaskId, TenantId } from './ids.ts';
import type { Outcome } from './outcome.ts';
import type { Progress, RunningTask, SucceededTask, TaskError } from './task.ts';
import type { Settlement } from './transition.ts';

/** What lay behind an error, or was a part of it. */
export type ErrorCause = { readonly class?: string; readonly code?: string; readonly message: string };

/** Why an attempt failed: what its task says of it, and what only a record has room for. */
export type AttemptError = TaskError & {
  /** The name of the class of what was thrown: `TypeError`. */
  readonly class?: string;
  readonly causes?: readonly ErrorCause[];
  /** Where in the code of the handler it was thrown, by the lines of the source. */
  readonly stack?: string;
};

/** What is kept of an attempt that did not go well, or whose task runs again all the same. Times are milliseconds since the epoch. */
export type AttemptRecord = {
  readonly number: number;
  readonly outcome: 'failed' | 'retried' | 'cancelled' | 'given_back' | 'succeeded';
  readonly startedAt: number;
  readonly endedAt: number;
  readonly executorKey: string;
  readonly error?: AttemptError;
  /** How far it was. */
  readonly progress?: Progress;
};

/** Keeps the attempts that the rows of their tasks do not tell of, beside them. */
export interface AttemptStore {
  /** Keeps a record until `keepUntil` (milliseconds since the epoch) at least. Twice is as good as once. */
  put(task: AttemptedTask, record: AttemptRecord, keepUntil: number): Promise<void>;
  /** Returns the records of the latest attempts of a task, `most` of them, first to last. */
  latest(task: AttemptedTask, most: number): Promise<readonly AttemptRecord[]>;
}

type AttemptedTask = { readonly tenantId: TenantId; readonly id: TaskId };

/** By this code ends a task whose attempts were all lost. */
export const LOST_CODE = 'executor_lost';

/**
 * Returns what to keep of an attempt: nothing where it went well, or where nobody has seen it end. `stackOf` finds the part of
 * a stack that is the handler's own.
 */
export function attemptRecord(
  task: RunningTask,
  outcome: Outcome | { readonly kind: 'reopened' },
  settlement: Settlement,
  endedAt: number,
  stackOf: (stack: string) => string | undefined,
): AttemptRecord | undefined {
  const kind = recordedOutcome(settlement);
  if (kind === undefined) return undefined;
  const failure = outcome.kind === 'failed' ? outcome : undefined;
  const error = 'error' in settlement ? settlement.error : failure?.error;
  if (error?.code === LOST_CODE) return undefined;
  return compact({
    number: task.attempt,
    outcome: kind,
    startedAt: task.startedAt,
    endedAt,
    executorKey: task.executorKey,
    error: error && attemptError(error, failure?.thrown, stackOf),
    progress: 'progress' in outcome ? outcome.progress : undefined,
  });
}

/** Returns what to keep of the attempt of a task that has succeeded, before its row tells of another. */
export const recordOfSuccess = ({ attempt, startedAt, finishedAt, executorKey }: SucceededTask): AttemptRecord => ({
  number: attempt,
  outcome: 'succeeded',
  startedAt,
  endedAt: finishedAt,
  executorKey,
});

function recordedOutcome(settlement: Settlement): AttemptRecord['outcome'] | undefined {
  switch (settlement.status) {
    case 'failed':
    case 'cancelled':
      return settlement.status;
    case 'queued':
      return settlement.attemptIsGivenBack ? 'given_back' : 'retried';
    case 'waiting':
    case 'succeeded':
      return undefined;
  }
}

/** An error has so many bytes of JSON at most: its record takes eight write units of DynamoDB then, and mostly one. */
export const MAX_ERROR_BYTES = 7_400;

const MAX_CAUSE_CHARACTERS = 500;

/** Returns an error as a record keeps it: the first places of its stack, and then the first of its causes, that there is room for. */
function attemptError(
  error: TaskError,
  thrown: ThrownError | undefined,
  stackOf: (stack: string) => string | undefined,
): AttemptError {
  const head = compact({ ...error, class: thrown?.class });
  const room = { bytes: MAX_ERROR_BYTES - bytesOf({ ...head, stack: '', causes: [] }) };
  const places = thrown?.stack === undefined ? undefined : stackOf(thrown.stack)?.split('\n');
  const stack = fitting(places ?? [], room).join('\n');
  const causes = fitting(thrown === undefined ? [] : causesOf(thrown), room);
  return compact({
    ...head,
    causes: causes.length === 0 ? undefined : causes,
    stack: stack === '' ? undefined : stack,
  });
}

/** Returns the first parts that fit, and takes their bytes from the room. */
function fitting<T>(parts: readonly T[], room: { bytes: number }): readonly T[] {
  const end = parts.findIndex((part) => {
    const bytes = bytesOf(part) + 1;
    if (bytes > room.bytes) return true;
    room.bytes -= bytes;
    return false;
  });
  return end < 0 ? parts : parts.slice(0, end);
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** Returns what lies behind an error, the next first, and the parts of one that stands for several. */
function causesOf({ cause, errors = [] }: ThrownError): ErrorCause[] {
  return [...errors, ...(cause === undefined ? [] : [cause])].flatMap((one) => {
    const { class: name, code, message } = one;
    return [
      compact({ class: name, code, message: message.slice(0, MAX_CAUSE_CHARACTERS).toWellFormed() }),
      ...causesOf(one),
    ];
  });
}
