import type { FanOutPorts } from '../core/fan-out/fan-out.ts';
import type { FanOutLimitPorts } from '../core/fan-out/fan-out-limits.ts';
import type { Meter, Random, Sleep, TaskStore } from '../core/ports.ts';
import type { AttemptStore } from '../core/task/attempt-record.ts';
import type { Ids } from '../core/task/ids.ts';
import type { RunningTask } from '../core/task/task.ts';
import { attemptEndOf } from './attempt/lease-times.ts';
import type { HandlerPorts } from './attempt/run-handler.ts';
import type { TimeShare, TimeShares } from './attempt/time-share.ts';

export type ExecutorPorts = HandlerPorts &
  FanOutPorts &
  FanOutLimitPorts & {
    readonly store: TaskStore;
    readonly attempts: Pick<AttemptStore, 'put'>;
    readonly meter: Meter;
    readonly sleep: Sleep;
    readonly random: Random;
    readonly ids: Pick<Ids, 'leaseToken'>;
    /**
     * Fulfilled when the messages at hand are hidden for as long as an attempt takes. No attempt begins before: its message
     * would come again late.
     */
    readonly visibilityExtended: Promise<void>;
    /** Shares the time of an invocation among its attempts; an attempt without it has all of its own. */
    readonly timeShares?: TimeShares;
    /** Returns the executor's time that an attempt has taken since it was last asked; missing where it is not measured. */
    readonly takeTime?: TimeShare['take'];
    /** Is called when all that is left of an attempt is a write: the claim of the next one goes in one request with it. */
    readonly leavePlace?: () => void;
  };

/** What an invocation leaves of its time for answering its event source. */
export const ANSWER_MILLISECONDS = 1_000;

/** Returns until when a settlement of a claimed task can be tried again, in an invocation that ends at `deadline`. */
export const settleByOf = (task: RunningTask, deadline: number): number =>
  Math.min(deadline, attemptEndOf(task)) - ANSWER_MILLISECONDS;

/** An aborted handler has this long to end by itself, before it is given up, and its thread with it. */
export const GRACE_MILLISECONDS = 250;
