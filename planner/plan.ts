import { LANE_OBJECTIVE_SECONDS, type SharedLaneKind } from '../functions/contract.ts';
import { classOf, TARGET_UTILIZATION } from '../functions/resource-classes.ts';
import type { DeployConfig } from '../lib/config.ts';
import type { TaskMetadata } from '../lib/task-metadata.ts';
import { type Bound, boundsOf } from './bounds.ts';
import { busySecondsOf, type PlannedCosts, planCosts } from './costs/plan-costs.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { type Scenario, scenarioOf, shardsUsed } from './scenario.ts';
import { courseOf, seededRandom } from './simulation/service.ts';
import { type Simulation, simulate } from './simulation/simulate.ts';
import type { LaneResult } from './simulation/simulated-lane.ts';
import { type Micros, SECOND } from './time.ts';

/** What is said of a load: times in seconds, numbers of all shards together, prices in US dollars. */
export type Plan = {
  /** The load lasted so long until its last task ended, or the lanes let go of what is left. */
  readonly lastedSeconds: number;
  /** Steps into which events were gathered; `null` where each task was played by itself. */
  readonly stepSeconds: number | null;
  readonly lanes: readonly PlannedLane[];
  readonly executors: {
    /** That the lanes with work may have together, and that Lambda keeps for them and for idle ones. */
    readonly most: number;
    readonly reserved: number;
    readonly peak: number;
    readonly mean: number;
    /** That the rate keeps busy, and that it needs so that they are busy at the governor's target. */
    readonly busyAtRate: number;
    readonly neededAtRate: number;
    /** What each shard needs, where that is more than it may have. */
    readonly neededOfShard: number | null;
    readonly environmentsMade: number;
  };
  /** How the batch lane gathers, where tasks come to it and its event source waits for more. */
  readonly batchWindow: { readonly messages: number; readonly waitSeconds: number } | null;
  readonly timeline: Timeline;
  readonly throttles: { readonly apiRequests: number; readonly lambda: number; readonly writeUnits: number };
  readonly bounds: readonly Bound[];
  readonly costs: PlannedCosts;
};

export type PlannedLane = {
  readonly kind: SharedLaneKind;
  readonly submitted: number;
  readonly refused: number;
  readonly ended: number;
  readonly unfinished: number;
  readonly objectiveSeconds: number;
  readonly waitSeconds: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  } | null;
  readonly drainedAtSeconds: number;
  /** How long its tasks waited for DynamoDB to take their writes. */
  readonly heldByTableSeconds: number;
  readonly closures: readonly { readonly fromSeconds: number; readonly toSeconds: number | null }[];
};

export type Timeline = {
  readonly stepSeconds: number;
  readonly executors: readonly number[];
  readonly waiting: readonly number[];
};

/** Plays what was asked for on the deployment and says what comes of it. */
export function makePlan(args: PlanArguments, config: DeployConfig, definitions: readonly TaskMetadata[]): Plan {
  const scenario = scenarioOf(args, config, definitions);
  const simulation = simulate(scenario);
  const costs = planCosts(args, config, definitions, simulation);
  return { ...planOf(args, config, scenario, simulation), costs };
}

function planOf(
  args: PlanArguments,
  config: DeployConfig,
  scenario: Scenario,
  simulation: Simulation,
): Omit<Plan, 'costs'> {
  const { resourceClass, load, tenants } = args;
  const deployed = classOf(config.classes, resourceClass);
  const shards = shardsUsed(config, resourceClass, tenants);
  const { lanes, lasted, tick } = simulation;
  const busySeconds = shards * busySecondsOf(simulation);
  const timeline = timelineOf(lanes, shards);
  const busyAtRate = load.tasksPerSecond * executorSecondsOf(scenario);
  const peak = Math.ceil(Math.max(0, ...timeline.executors));
  const most = deployed.reserved * shards;
  const neededAtRate = Math.ceil(busyAtRate / TARGET_UTILIZATION);
  return {
    lastedSeconds: lasted / SECOND,
    stepSeconds: tick === 1 ? null : tick / SECOND,
    lanes: lanes.map((lane) => plannedLane(lane, shards)),
    executors: {
      most,
      reserved: scenario.reserved * shards,
      peak,
      mean: lasted === 0 ? 0 : busySeconds / (lasted / SECOND),
      busyAtRate,
      neededAtRate,
      neededOfShard: neededAtRate > most ? Math.ceil(neededAtRate / shards) : null,
      environmentsMade: simulation.environmentsMade * shards,
    },
    batchWindow: batchWindowIn(scenario),
    timeline,
    throttles: {
      apiRequests: simulation.apiThrottles * shards,
      lambda: simulation.lambdaThrottles * shards,
      writeUnits: shards * simulation.writes.reduce((total, { throttledUnits }) => total + throttledUnits, 0),
    },
    bounds: boundsOf(args, config, simulation, peak, deployed.concurrency),
  };
}

function batchWindowIn({ batchWindows: { batch }, load }: Scenario): Plan['batchWindow'] {
  if (batch === undefined || load.mix.batch === undefined) return null;
  return { messages: batch.tasks, waitSeconds: batch.wait / SECOND };
}

/** Returns how long one task keeps an executor busy in the mean, which has as many at a time as it can. */
function executorSecondsOf({ service, batchSize, filling, seed }: Scenario): number {
  if (filling !== undefined) {
    // It takes tasks until then, and while the last of them end, half of its places are in use.
    const lasts = service.duration + service.overhead;
    const usedTime = service.concurrencyPerInvocation * (filling.until + lasts / 2);
    return (lasts / SECOND) * ((filling.until + lasts) / usedTime);
  }
  const draws = service.spread === 'fixed' ? 1 : 1_000;
  const random = seededRandom(seed);
  const lengths = Array.from({ length: draws }, () => courseOf(batchSize, service, random).lasts);
  return lengths.reduce((sum, length) => sum + length, 0) / draws / SECOND / batchSize;
}

function plannedLane(lane: LaneResult, shards: number): PlannedLane {
  const { kind, waits } = lane;
  return {
    kind,
    submitted: lane.submitted * shards,
    refused: lane.refused * shards,
    ended: lane.ended * shards,
    unfinished: (lane.waiting + lane.running) * shards,
    objectiveSeconds: LANE_OBJECTIVE_SECONDS[kind],
    waitSeconds:
      waits === undefined
        ? null
        : {
            mean: waits.mean / SECOND,
            p50: waits.p50 / SECOND,
            p95: waits.p95 / SECOND,
            p99: waits.p99 / SECOND,
            max: waits.max / SECOND,
          },
    drainedAtSeconds: lane.drainedAt / SECOND,
    heldByTableSeconds: lane.heldByTable / SECOND,
    closures: lane.closures.map(({ from, to }) => ({
      fromSeconds: from / SECOND,
      toSeconds: to === undefined ? null : to / SECOND,
    })),
  };
}

function timelineOf(lanes: readonly LaneResult[], shards: number): Timeline {
  const step: Micros = lanes[0]?.executors.step ?? SECOND;
  const added = (series: readonly (readonly number[])[]): number[] =>
    Array.from({ length: Math.max(...series.map(({ length }) => length)) }, (_, index) =>
      series.reduce((sum, means) => sum + shards * (means[index] ?? 0), 0),
    );
  return {
    stepSeconds: step / SECOND,
    executors: added(lanes.map((lane) => lane.executors.means())),
    waiting: added(lanes.map((lane) => lane.depth.means())),
  };
}
