import type { SharedLaneKind } from '../functions/contract.ts';
import type { Micros } from './time.ts';

/** What can be read of a lane. */
export type LaneReading = {
  readonly kind: SharedLaneKind;
  /** Tasks that wait, and tasks that executors hold. */
  readonly waiting: number;
  readonly held: number;
  /** Of its event source. */
  readonly maximumConcurrency: number;
  /** What its executors have done so far. */
  readonly done: { readonly tasks: number; readonly invocations: number; readonly busy: Micros };
};

export type LaneDecision = { readonly maximumConcurrency: number; readonly admits: boolean };

/** Who decides, now and then, on what each lane may have and whether it takes new tasks. */
export type Control = {
  readonly period: Micros;
  decide(lanes: readonly LaneReading[], now: Micros): ReadonlyMap<SharedLaneKind, LaneDecision>;
};
