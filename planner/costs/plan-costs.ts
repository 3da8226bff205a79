import { classOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../../lib/config.ts';
import { type CostLine, MILLION, MONTH_SECONDS, totalOf } from '../../lib/constructs/cost-lines.ts';
import { fixedMonthCosts } from '../../lib/constructs/fixed-costs.ts';
import { STREAM_WINDOW_SECONDS } from '../../lib/constructs/projector.ts';
import type { TaskMetadata } from '../../lib/task-metadata.ts';
import type { PlanArguments } from '../plan-arguments.ts';
import { shardsUsed, sliceOf } from '../scenario.ts';
import type { Simulation } from '../simulation/simulate.ts';
import type { LaneResult } from '../simulation/simulated-lane.ts';
import { SECOND } from '../time.ts';
import { metricCosts } from './month-costs.ts';
import { keptForLoad, PROVISIONED_USE, withTablePrices } from './table-capacity.ts';
import { NEW_TABLE_STREAM_SHARDS, type TaskCosts, taskCosts, type Usage } from './task-costs.ts';

export type PlannedCosts = {
  readonly tasks: number;
  /** The costs of the whole plan by what takes them. */
  readonly byTask: TaskCosts;
  /** A million tasks cost so much: what the platform takes, and all. */
  readonly platformPerMillion: number;
  readonly totalPerMillion: number;
  /** The same with the tables paid for in the other way: by capacity where they are on demand, or by the unit. */
  readonly otherTables: { readonly areProvisioned: boolean; readonly totalPerMillion: number };
  /**
   * A month costs the fixed part whatever comes; the load adds the other, `null` where it has no rate that could last a
   * month.
   */
  readonly fixedMonth: readonly CostLine[];
  readonly loadMonth: readonly CostLine[] | null;
  readonly totalPerMonth: number | null;
};

/** Returns what a load costs that was played so. */
export function planCosts(
  args: PlanArguments,
  config: DeployConfig,
  definitions: readonly TaskMetadata[],
  simulation: Simulation,
): PlannedCosts {
  const { load } = args;
  const usage = usageOf(args, config, simulation);
  const byTask = taskCosts(usage, config);
  const platform = totalOf(byTask.platform);
  const all = Object.values(byTask).reduce((sum, lines) => sum + totalOf(lines), 0);
  const areProvisioned = config.tableCapacity === 'onDemand';
  const otherwise = totalOf(withTablePrices(byTask.platform, areProvisioned ? PROVISIONED_USE : undefined));
  const fixedMonth = fixedMonthCosts(config, definitions);
  const tasksOfMonth = load.tasksPerSecond * MONTH_SECONDS;
  const loadMonth =
    tasksOfMonth === 0
      ? null
      : [
          { what: 'tasks', quantity: tasksOfMonth, dollars: (all / usage.tasks) * tasksOfMonth },
          ...keptForLoad(config, load.tasksPerSecond),
          ...metricCosts(config, usage.lanes, usage.executors),
        ];
  return {
    tasks: usage.tasks,
    byTask,
    platformPerMillion: (platform / usage.tasks) * MILLION,
    totalPerMillion: (all / usage.tasks) * MILLION,
    otherTables: { areProvisioned, totalPerMillion: ((all - platform + otherwise) / usage.tasks) * MILLION },
    fixedMonth,
    loadMonth,
    totalPerMonth: loadMonth === null ? null : totalOf(fixedMonth) + totalOf(loadMonth),
  };
}

function usageOf(args: PlanArguments, config: DeployConfig, simulation: Simulation): Usage {
  const { resourceClass, load, service, tenants } = args;
  const shards = shardsUsed(config, resourceClass, tenants);
  const sum = (numberOf: (lane: LaneResult) => number): number =>
    shards * simulation.lanes.reduce((total, lane) => total + numberOf(lane), 0);
  const tasks = sum(({ submitted, refused }) => submitted - refused);
  return {
    resourceClass,
    seconds: simulation.lasted / SECOND,
    tasks,
    requests: sum(({ submitted }) => submitted) / load.bulk,
    bulk: load.bulk,
    sentBack: tasks * sliceOf(args, classOf(config.classes, args.resourceClass)).goingBack,
    invocations: sum(({ invocations }) => invocations),
    // Each is followed by a request that deletes what it gave.
    receives: sum(({ receives, asking }) => 2 * receives + asking / SECOND),
    attemptSeconds: service.duration / SECOND,
    busySeconds: shards * busySecondsOf(simulation),
    executors: shards,
    lanes: Object.keys(load.mix).length,
    tenants,
    isShort: service.delivery + service.duration + service.overhead <= STREAM_WINDOW_SECONDS * SECOND,
    streamShards: NEW_TABLE_STREAM_SHARDS,
    tags: args.tags,
    waiting: args.waiting && { tasks: tasks * args.waiting.share, seconds: secondsWaited(args, simulation) },
  };
}

/** Returns how long a caller waits for the end of a task, in the mean: as long as that takes, or until he gives up. */
export function secondsWaited({ service, waiting }: PlanArguments, { lanes }: Simulation): number {
  const ended = lanes.reduce((sum, lane) => sum + lane.ended, 0);
  const waited = lanes.reduce((sum, lane) => sum + lane.ended * (lane.waits?.mean ?? 0), 0);
  const lasts = (ended === 0 ? 0 : waited / ended) + service.duration + service.overhead;
  return Math.min(lasts, waiting?.longest ?? lasts) / SECOND;
}

/** Returns how many seconds the executors of one shard were busy, for all lanes. */
export const busySecondsOf = ({ lanes, lasted }: Simulation): number =>
  lanes.reduce((sum, lane) => sum + lane.executors.area(lasted), 0) / SECOND;
