import { GOVERN_PERIOD_SECONDS, LANE_KINDS, ROUTER_MEMORY_MB, SWEEP_PERIOD_SECONDS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { LIST_PRICES } from '../list-prices.ts';
import type { TaskMetadata } from '../task-metadata.ts';
import { alarmMetricsOf } from './alarm-metrics.ts';
import { COST_ASSUMPTIONS } from './cost-assumptions.ts';
import {
  type CostLine,
  invocationDollars,
  linesOf,
  MILLION,
  MONTH_HOURS,
  MONTH_SECONDS,
  routineBytes,
  totalOf,
} from './cost-lines.ts';
import {
  CAPACITY_ALARMS,
  INSIGHTS_METRICS,
  LONG_POLL_SECONDS,
  POLLERS_AT_FIRST,
  SCALING_ALARMS,
} from './documented-charges.ts';
import { keptCapacityOf } from './kept-capacity.ts';

/** The governor and the sweeper are called by the clock, and each runs one at a time. */
export const CLOCKWORK_FUNCTIONS = 2;

/** Returns what an hour of a deployment costs whatever comes, in dollars. */
export const fixedHourlyDollars = (config: DeployConfig, definitions: readonly TaskMetadata[]): number =>
  totalOf(fixedMonthCosts(config, definitions)) / MONTH_HOURS;

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

export const insightsMetrics = ({ lambdaInsights }: DeployConfig, functions: number): number =>
  lambdaInsights ? functions * INSIGHTS_METRICS : 0;

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
