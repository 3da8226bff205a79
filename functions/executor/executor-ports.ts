import type { FanOutPorts } from '../core/fan-out.ts';
import type { Ids, Random, Sleep, TaskStore } from '../core/ports.ts';
import type { HandlerTools } from './run-handler.ts';

export type ExecutorPorts = HandlerTools &
  FanOutPorts & {
    readonly store: TaskStore;
    readonly sleep: Sleep;
    readonly random: Random;
    readonly ids: Ids;
    /** The messages at hand are hidden for as long as an attempt takes. None begins before: it would come again late. */
    readonly held: Promise<void>;
  };

/** What an invocation leaves of its time for answering its event source. */
export const ANSWER_MILLISECONDS = 1_000;

/** What an aborted handler has to end by itself, before it is given up, and its thread with it. */
export const GRACE_MILLISECONDS = 250;
