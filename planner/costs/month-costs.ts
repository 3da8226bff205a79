import { GOVERN_PERIOD_SECONDS, LANE_KINDS, ROUTER_MEMORY_MB, SWEEP_PERIOD_SECONDS } from '../../functions/contract.ts';
import { METRIC_DIMENSIONS, METRICS, type MetricScope } from '../../functions/metrics.ts';
import type { DeployConfig } from '../../lib/config.ts';
import { alarmMetricsOf } from '../../lib/constructs/alarm-metrics.ts';
import { keptCapacityOf } from '../../lib/constructs/kept-capacity.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import type { TaskMetadata } from '../../lib/task-metadata.ts';
import { CLOCKWORK_FUNCTIONS } from '../deployment.ts';
import {
  CAPACITY_ALARMS,
  INSIGHTS_METRICS,
  LONG_POLL_SECONDS,
  POLLERS_AT_FIRST,
  SCALING_ALARMS,
} from '../documented-limits.ts';
import {
  COST_ASSUMPTIONS,
  type CostLine,
  invocationDollars,
  linesOf,
  MILLION,
  MONTH_HOURS,
  MONTH_SECONDS,
  routineBytes,
} from './cost-basis.ts';

/** Returns what a month of a deployment costs whatever comes, so also where nothing does. */
export function fixedMonthCosts(config: DeployConfig, definitions: readonly TaskMetadata[]): CostLine[] {
  const lanes = lanesOf(config);
  const { count, gigabytes } = provisionedOf(config);
  const { scaled, writes, reads } = keptCapacityOf(config);
  return linesOf([
    ['GB of environments kept initialized', gigabytes, MONTH_SECONDS * LIST_PRICES.provisionedGigabyteSecond],
    ['write units a second that tables keep', writes, MONTH_HOURS * LIST_PRICES.writeCapacityHour],
    ['read units a second that tables keep', reads, MONTH_HOURS * LIST_PRICES.readCapacityHour],
    ['alarms of auto scaling', count * SCALING_ALARMS + scaled * 2 * CAPACITY_ALARMS, LIST_PRICES.alarmMetricMonth],
    ['metrics that alarms look at', alarmMetricsOf(config, definitions), LIST_PRICES.alarmMetricMonth],
    ['lanes that are polled', lanes, pollsOf(MONTH_SECONDS) * (LIST_PRICES.queueRequests / MILLION)],
    ['runs of the governor', MONTH_SECONDS / GOVERN_PERIOD_SECONDS, governorDollars(lanes, config)],
    ['runs of the sweeper', MONTH_SECONDS / SWEEP_PERIOD_SECONDS, sweeperDollars(config, definitions.length)],
    ['metrics of Lambda Insights', insightsMetrics(config, CLOCKWORK_FUNCTIONS), LIST_PRICES.metricMonth],
    ['dashboard', 1, LIST_PRICES.dashboardMonth],
  ]);
}

/** Beside executors, the router, the authorizer and the two that read the streams run for tasks. */
const FUNCTIONS_OF_TASKS = 4;

const insightsMetrics = ({ lambdaInsights }: DeployConfig, functions: number): number =>
  lambdaInsights ? functions * INSIGHTS_METRICS : 0;

/** Submits and attempts make so many kinds of calls to AWS, reads of settings and lanes among them. */
const OPERATIONS_OF_TASKS = 8;

/** Returns what our own metrics cost in a month in which these lanes of a class run tasks of one type, however they end. */
export function metricCosts(config: DeployConfig, lanes: number, executors: number): CostLine[] {
  const values: Record<MetricScope, number> = {
    lane: lanes,
    resourceClass: 1,
    taskType: 1,
    errorCode: 1,
    // It is written where nobody catches an error.
    door: 0,
    operation: OPERATIONS_OF_TASKS,
  };
  const scopes = Object.keys(METRIC_DIMENSIONS) as MetricScope[];
  const metrics = scopes.reduce((sum, scope) => sum + values[scope] * metricsBy(scope), 0);
  const functions = executors + FUNCTIONS_OF_TASKS - Number(config.jwt !== undefined) - Number(!config.taskEvents);
  return linesOf([
    ['metrics of our own', metrics, LIST_PRICES.metricMonth],
    ['metrics of Lambda Insights, of what runs for tasks', insightsMetrics(config, functions), LIST_PRICES.metricMonth],
  ]);
}

/** Returns how many metrics each value of a scope has. */
const metricsBy = (scope: MetricScope): number => Object.values(METRICS).filter(({ by }) => by === scope).length;

const lanesOf = ({ classes }: DeployConfig): number =>
  Object.values(classes).reduce((sum, { shards }) => sum + shards * LANE_KINDS.length, 0);

/** Returns how many functions have environments kept, and how much memory these have together at least. */
function provisionedOf({ provisioned, classes }: DeployConfig): {
  readonly count: number;
  readonly gigabytes: number;
} {
  if (provisioned === false) return { count: 0, gigabytes: 0 };
  const executors = Object.values(classes).flatMap(({ shards, memoryMb }) => Array<number>(shards).fill(memoryMb));
  const memories = [ROUTER_MEMORY_MB, ...executors];
  const megabytes = provisioned.min * memories.reduce((sum, memoryMb) => sum + memoryMb, 0);
  return { count: memories.length, gigabytes: megabytes / 1024 };
}

/** Returns how often one event source asks a queue that is empty. */
const pollsOf = (seconds: number): number => (seconds * POLLERS_AT_FIRST) / LONG_POLL_SECONDS;

/** The functions that the clock calls have this much memory. */
const CLOCKWORK_MEMORY_MB = 256;
const UNIT_BYTES = 1024;

/** What they have done is in the log either way. */
const clockworkDollars = (milliseconds: number, config: DeployConfig): number =>
  invocationDollars(CLOCKWORK_MEMORY_MB, milliseconds, routineBytes(config) + COST_ASSUMPTIONS.logBytes.short);

/** A run asks SQS for the depth of each lane, reads the loads of all and the snapshot, and writes that anew. */
function governorDollars(lanes: number, config: DeployConfig): number {
  const writes = Math.ceil((lanes * COST_ASSUMPTIONS.snapshotBytesPerLane) / UNIT_BYTES);
  const reads = lanes / 2 + Math.ceil(writes / 4) / 2;
  return (
    clockworkDollars(COST_ASSUMPTIONS.governorMilliseconds, config) +
    (lanes * LIST_PRICES.queueRequests + writes * LIST_PRICES.writeUnits + reads * LIST_PRICES.readUnits) / MILLION
  );
}

/** A run asks once which schedules are due, and reads what was last deployed of definitions. */
const SCHEDULE_READS = 1 / 2 + 1;

/** A run looks into each partition of what is due and of what each type has paused, and reads the settings of each type. */
function sweeperDollars(config: DeployConfig, types: number): number {
  const { tableShards, indexShards } = config;
  const reads = (tableShards * (indexShards + types)) / 2 + (types + 1) / 2 + SCHEDULE_READS;
  return clockworkDollars(COST_ASSUMPTIONS.sweeperMilliseconds, config) + (reads * LIST_PRICES.readUnits) / MILLION;
}
