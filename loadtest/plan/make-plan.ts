import {
  LANE_KINDS,
  LANE_OBJECTIVE_SECONDS,
  RESOURCE_CLASS_SPECS,
  RESOURCE_CLASSES,
  type ResourceClass,
  reservationOf,
  type SharedLaneKind,
  SLICE_MILLISECONDS,
  TARGET_UTILIZATION,
} from '../../functions/contract.ts';
import { tasksPerMessage } from '../../functions/core/message-packing.ts';
import type { DeployConfig } from '../../lib/config.ts';
import { type Bound, boundsOf } from './bounds.ts';
import { type CostLine, computeCosts, idleMonthCosts, platformCosts, tasksOfMonth, totalOf } from './costs.ts';
import { governed } from './governed.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { seededRandom } from './random.ts';
import { courseOf } from './service.ts';
import { type Scenario, type Simulation, simulate } from './simulate.ts';
import type { LaneResult } from './simulated-lane.ts';
import { HOT_KEYS, WRITE_TARGETS } from './table-writes.ts';
import { MILLISECOND, type Micros, SECOND } from './time.ts';

/** All that is said of a load: times in seconds, numbers of all shards together, prices in US dollars. */
export type Plan = {
  /** Until the last task ended, or the lanes let go of what is left. */
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
    readonly environmentsMade: number;
  };
  readonly timeline: Timeline;
  readonly throttles: { readonly apiRequests: number; readonly lambda: number; readonly writeUnits: number };
  readonly bounds: readonly Bound[];
  readonly costs: {
    /** Of the whole plan, by a million tasks, and by a month at the rate; `null` where there is none. */
    readonly tasks: number;
    readonly platform: readonly CostLine[];
    readonly compute: readonly CostLine[];
    readonly idleMonth: readonly CostLine[];
    readonly platformPerMillion: number;
    readonly totalPerMillion: number;
    readonly totalPerMonth: number | null;
  };
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
  /** In which its tasks waited for DynamoDB to take their writes. */
  readonly heldByTableSeconds: number;
  readonly closures: readonly { readonly fromSeconds: number; readonly toSeconds: number | null }[];
};

export type Timeline = {
  readonly stepSeconds: number;
  readonly executors: readonly number[];
  readonly waiting: readonly number[];
};

/** Plays what was asked for on the deployment and says what comes of it. */
export function makePlan(args: PlanArguments, config: DeployConfig): Plan {
  const scenario = scenarioOf(args, config);
  return planOf(args, config, scenario, simulate(scenario));
}

/** One shard of the class's executors with its part of the load: the shards are alike. */
function scenarioOf(args: PlanArguments, config: DeployConfig): Scenario {
  const { resourceClass, load, service, tenants, tablePeakPerSecond, seed } = args;
  const { concurrencyPerInvocation } = RESOURCE_CLASS_SPECS[resourceClass];
  const { reserved, lanes } = config.concurrency[resourceClass];
  const shards = shardsUsed(config, resourceClass, tenants);
  const tables = Math.min(config.tableShards, tenants);
  const { begun } = sliceOf(args);
  return {
    load: { ...load, tasksPerSecond: load.tasksPerSecond / shards, backlog: Math.round(load.backlog / shards) },
    service: { ...service, concurrencyPerInvocation },
    reserved: reservationOf(reserved),
    lanes,
    batchSize: Math.round(concurrencyPerInvocation * begun),
    writes: [...WRITE_TARGETS, ...HOT_KEYS],
    tableSize: {
      tables: tables / shards,
      keys: config.indexShards * Math.max(1, tenants / tables),
      peakPerSecond: tablePeakPerSecond,
    },
    apiShare: 1 / shards,
    control: governed(resourceClass, config, begun),
    seed,
  };
}

/**
 * Of a message of several tasks an invocation begins what its slice has time for; the others come again in messages of their
 * own. `begun`: tasks that it begins of each message in the mean of both; `goingBack`: the share of tasks that come again.
 */
function sliceOf({ resourceClass, load, service }: PlanArguments): {
  readonly begun: number;
  readonly goingBack: number;
} {
  const perMessage = Math.min(load.bulk, tasksPerMessage(resourceClass, load.bulk));
  const inSlice = Math.ceil((SLICE_MILLISECONDS * MILLISECOND) / (service.duration + service.overhead));
  const back = perMessage - Math.min(perMessage, inSlice);
  return { begun: perMessage / (1 + back), goingBack: back / perMessage };
}

/** A tenant's tasks of one type are all on one shard, so that few tenants do not reach all shards. */
const shardsUsed = ({ shards }: DeployConfig, resourceClass: ResourceClass, tenants: number): number =>
  Math.min(shards[resourceClass], tenants);

function planOf(args: PlanArguments, config: DeployConfig, scenario: Scenario, simulation: Simulation): Plan {
  const { resourceClass, load, tenants } = args;
  const shards = shardsUsed(config, resourceClass, tenants);
  const { lanes, lasted, tick } = simulation;
  const sum = (numberOf: (lane: LaneResult) => number): number =>
    shards * lanes.reduce((total, lane) => total + numberOf(lane), 0);
  const busySeconds = sum((lane) => lane.executors.area(lasted)) / SECOND;
  const timeline = timelineOf(lanes, shards);
  const accepted = sum(({ submitted, refused }) => submitted - refused);
  const busyAtRate = (load.tasksPerSecond / scenario.batchSize) * secondsPerBatch(scenario);
  const peak = Math.ceil(Math.max(0, ...timeline.executors));
  const usage = {
    resourceClass,
    tasks: accepted,
    requests: sum(({ submitted }) => submitted) / load.bulk,
    bulk: load.bulk,
    sentBack: accepted * sliceOf(args).goingBack,
    invocations: sum(({ invocations }) => invocations),
    busySeconds,
    events: config.taskEvents ? accepted * EVENTS_PER_TASK : 0,
    retentionDays: config.retentionDays,
  };
  const [platform, compute] = [platformCosts(usage), computeCosts(usage)];
  const idleMonth = idleMonthCosts(lanesOf(config) - shards * Object.keys(load.mix).length);
  const perTask = (totalOf(platform) + totalOf(compute)) / accepted;
  return {
    lastedSeconds: lasted / SECOND,
    stepSeconds: tick === 1 ? null : tick / SECOND,
    lanes: lanes.map((lane) => plannedLane(lane, shards)),
    executors: {
      most: config.concurrency[resourceClass].reserved * shards,
      reserved: scenario.reserved * shards,
      peak,
      mean: lasted === 0 ? 0 : busySeconds / (lasted / SECOND),
      busyAtRate,
      neededAtRate: Math.ceil(busyAtRate / TARGET_UTILIZATION),
      environmentsMade: simulation.environmentsMade * shards,
    },
    timeline,
    throttles: {
      apiRequests: simulation.apiThrottles * shards,
      lambda: simulation.lambdaThrottles * shards,
      writeUnits: shards * simulation.writes.reduce((total, { throttledUnits }) => total + throttledUnits, 0),
    },
    bounds: boundsOf(load, config, simulation, peak, RESOURCE_CLASS_SPECS[resourceClass].concurrencyPerInvocation),
    costs: {
      tasks: accepted,
      platform,
      compute,
      idleMonth,
      platformPerMillion: (totalOf(platform) / accepted) * 1e6,
      totalPerMillion: perTask * 1e6,
      totalPerMonth:
        load.tasksPerSecond === 0 ? null : perTask * tasksOfMonth(load.tasksPerSecond) + totalOf(idleMonth),
    },
  };
}

/** `task.queued`, `task.running` and how it ended. */
const EVENTS_PER_TASK = 3;

const lanesOf = ({ shards }: DeployConfig): number =>
  RESOURCE_CLASSES.reduce((sum, name) => sum + shards[name] * LANE_KINDS.length, 0);

/** What an invocation of a full batch takes in the mean. */
function secondsPerBatch({ service, batchSize, seed }: Scenario): number {
  const draws = service.spread === 'fixed' ? 1 : 1_000;
  const random = seededRandom(seed);
  const lengths = Array.from({ length: draws }, () => courseOf(batchSize, service, random).lasts);
  return lengths.reduce((sum, length) => sum + length, 0) / draws / SECOND;
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
