import {
  executorKeyOf,
  GOVERN_PERIOD_SECONDS,
  MIN_LANE_CONCURRENCY,
  type ResourceClass,
  type SharedLaneKind,
} from '../../functions/contract.ts';
import { withAdmission } from '../../functions/core/lane/admission.ts';
import { govern } from '../../functions/core/lane/govern.ts';
import type { LaneState } from '../../functions/core/lane/lane.ts';
import { classOf, reservationOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../../lib/config.ts';
import { MILLISECOND, type Micros, SECOND } from '../time.ts';

/** What a governor reads of a lane. */
export type LaneReading = {
  readonly kind: SharedLaneKind;
  /** Tasks that wait, and tasks that executors hold. */
  readonly waiting: number;
  readonly held: number;
  /** `MaximumConcurrency` of its event source. */
  readonly maximumConcurrency: number;
  /** What its executors have done so far; tasks that came together count as one invocation. */
  readonly done: { readonly tasks: number; readonly invocations: number; readonly busy: Micros };
};

export type LaneDecision = { readonly maximumConcurrency: number; readonly admits: boolean };

/** Decides, once a period, what each lane may have and whether it takes new tasks. */
export type Control = {
  readonly period: Micros;
  decide(lanes: readonly LaneReading[], now: Micros): ReadonlyMap<SharedLaneKind, LaneDecision>;
};

/**
 * Makes a control of the product's own governor and admission, for one shard of a class whose messages hold
 * `tasksPerMessage` tasks.
 */
export function governed(resourceClass: ResourceClass, config: DeployConfig, tasksPerMessage: number): Control {
  const deployed = classOf(config.classes, resourceClass);
  const { reserved, lanes: shares, concurrencyPerInvocation: batchSize } = deployed;
  // The express lane is not simulated, and lends nothing.
  const limits = { executors: reserved, reservation: reservationOf(reserved) - MIN_LANE_CONCURRENCY, deployed };
  const keyOf = ({ kind }: LaneReading): string => executorKeyOf(resourceClass, kind, 0);
  const messages = (tasks: number): number => Math.ceil(tasks / tasksPerMessage);
  let before: ReadonlyMap<string, LaneState> = new Map();
  return {
    period: GOVERN_PERIOD_SECONDS * SECOND,
    decide: (lanes, now) => {
      const observed = lanes.map((lane) => ({
        executorKey: keyOf(lane),
        depth: messages(lane.waiting),
        inFlight: messages(lane.held),
        share: shares[lane.kind],
        source: { id: lane.kind, maxConcurrency: lane.maximumConcurrency, batchSize, isSettled: true },
        load: {
          tasks: lane.done.tasks,
          messages: messages(lane.done.tasks),
          invocations: lane.done.invocations,
          busyMilliseconds: lane.done.busy / MILLISECOND,
          // The handlers of a plan wait: nothing tells how much they would compute.
          cpuMilliseconds: 0,
        },
      }));
      const states = withAdmission(govern(observed, before, limits, now / MILLISECOND).map(({ state }) => state));
      before = new Map(states.map((state) => [state.executorKey, state]));
      return new Map(
        lanes.map((lane) => {
          const { maxConcurrency = lane.maximumConcurrency, isAdmitting = true } = before.get(keyOf(lane)) ?? {};
          return [lane.kind, { maximumConcurrency: maxConcurrency, admits: isAdmitting }];
        }),
      );
    },
  };
}
