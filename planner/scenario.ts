import {
  INVOCATION_MARGIN_SECONDS,
  type ResourceClass,
  type SharedLaneKind,
  SLICE_MILLISECONDS,
} from '../functions/contract.ts';
import { compact } from '../functions/core/compact.ts';
import { FILL_TIMES, LONG_INVOCATION_MILLISECONDS } from '../functions/core/lane/filling.ts';
import { tasksPerMessage } from '../functions/core/task/message-packing.ts';
import { classOf, type DeployedClass, reservationOf } from '../functions/resource-classes.ts';
import type { DeployConfig } from '../lib/config.ts';
import { batchWindowOf } from '../lib/constructs/batch-window.ts';
import { LONG_POLL_SECONDS } from '../lib/constructs/documented-charges.ts';
import type { TaskMetadata } from '../lib/task-metadata.ts';
import { API_BURST_REQUESTS, API_REQUESTS_PER_SECOND } from './documented-limits.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { type Control, governed } from './simulation/governor.ts';
import type { Load } from './simulation/load.ts';
import type { Filling, Service } from './simulation/service.ts';
import { HOT_KEYS, type TableSize, WRITE_TARGETS, type WriteTarget } from './simulation/table-writes.ts';
import { MILLISECOND, type Micros, SECOND } from './time.ts';

/** One executor function with its lanes, and what comes to it. */
export type Scenario = {
  readonly load: Load;
  readonly service: Service;
  readonly reserved: number;
  /** `MaximumConcurrency` of each lane to begin with. */
  readonly lanes: Readonly<Record<SharedLaneKind, number>>;
  /** Tasks that one invocation gets at most. */
  readonly batchSize: number;
  /** How executors take further tasks; none where these are over before they would. */
  readonly filling?: Filling | undefined;
  /** Lanes whose event source waits for a batch to be full, and how long at most; one call runs such a batch. */
  readonly batchWindows: Readonly<Partial<Record<SharedLaneKind, { readonly tasks: number; readonly wait: Micros }>>>;
  readonly writes: readonly WriteTarget[];
  readonly tableSize: TableSize;
  /** Requests that API Gateway takes for it a second, and what a pause saves up. */
  readonly api: { readonly perSecond: number; readonly burst: number };
  readonly control: Control;
  readonly seed: number;
};

/** Makes the scenario of one shard of the class's executors with its part of the load: the shards are alike. */
export function scenarioOf(args: PlanArguments, config: DeployConfig, definitions: readonly TaskMetadata[]): Scenario {
  const { resourceClass, load, service, tenants, tablePeakPerSecond, seed } = args;
  const deployed = classOf(config.classes, resourceClass);
  const { concurrency, concurrencyPerInvocation, reserved, lanes } = deployed;
  const shards = shardsUsed(config, resourceClass, tenants);
  const tables = Math.min(config.tableShards, tenants);
  const { begun } = sliceOf(args, deployed);
  return {
    load: { ...load, tasksPerSecond: load.tasksPerSecond / shards, backlog: Math.round(load.backlog / shards) },
    service: { ...service, concurrencyPerInvocation: concurrency },
    reserved: reservationOf(reserved),
    lanes,
    batchSize: Math.round(concurrencyPerInvocation * begun),
    filling: fillingOf(args, deployed),
    batchWindows: batchWindowsOf(args, config, definitions, shards),
    writes: [...WRITE_TARGETS, ...HOT_KEYS],
    tableSize: compact({
      capacity: config.tableCapacity === 'onDemand' ? undefined : config.tableCapacity.provisioned,
      tables: tables / shards,
      keys: config.indexShards * Math.max(1, tenants / tables),
      peakPerSecond: tablePeakPerSecond,
    }),
    api: { perSecond: apiRequestsPerSecond(config) / shards, burst: apiBurst(config) / shards },
    control: governed(resourceClass, config, begun),
    seed,
  };
}

/** Returns how executors fill their places. The type's timeout is supposed to be the longest of its class. */
function fillingOf({ service }: PlanArguments, deployed: DeployedClass): Filling | undefined {
  const { timeoutSeconds, functionTimeoutSeconds, concurrency } = deployed;
  const first = FILL_TIMES.first * MILLISECOND;
  // Of unlike lengths, some last long enough even where the mean does not.
  const areOverBefore = service.spread === 'fixed' && service.duration + service.overhead <= first;
  if (concurrency === 1 || areOverBefore) return undefined;
  return {
    first,
    again: FILL_TIMES.again * MILLISECOND,
    waitsFrom: LONG_INVOCATION_MILLISECONDS * MILLISECOND,
    until: (functionTimeoutSeconds - timeoutSeconds - INVOCATION_MARGIN_SECONDS / 2) * SECOND,
  };
}

/** Returns how many requests a second the deployment's API takes, of those that the account may send. */
export const apiRequestsPerSecond = ({ throttle }: DeployConfig): number =>
  Math.min(throttle.rate, API_REQUESTS_PER_SECOND);
const apiBurst = ({ throttle }: DeployConfig): number => Math.min(throttle.burst, API_BURST_REQUESTS);

/** Returns how the batch lane waits: for its window, or as long as a poll where hardly a task comes in that. */
function batchWindowsOf(
  { resourceClass, load }: PlanArguments,
  { classes }: DeployConfig,
  definitions: readonly TaskMetadata[],
  shards: number,
): Scenario['batchWindows'] {
  const { messages, windowSeconds } = batchWindowOf('batch', resourceClass, classes, definitions);
  if (windowSeconds === 0) return {};
  const tasksPerSecond = (load.tasksPerSecond * (load.mix.batch ?? 0)) / shards;
  const isQuiet = tasksPerSecond * windowSeconds < 1;
  const seconds = isQuiet ? Math.max(windowSeconds, LONG_POLL_SECONDS) : windowSeconds;
  return { batch: { tasks: messages, wait: seconds * SECOND } };
}

/**
 * Divides the tasks of one message: an invocation begins those that its slice has time for, and the others come again in messages of their
 * own. `begun`: tasks that it begins of each message in the mean of both; `goingBack`: the share of tasks that come again.
 */
export function sliceOf(
  { load, service }: PlanArguments,
  deployed: DeployedClass,
): { readonly begun: number; readonly goingBack: number } {
  const perMessage = Math.min(load.bulk, tasksPerMessage(deployed, load.bulk));
  const inSlice = Math.ceil((SLICE_MILLISECONDS * MILLISECOND) / (service.duration + service.overhead));
  const back = perMessage - Math.min(perMessage, inSlice);
  return { begun: perMessage / (1 + back), goingBack: back / perMessage };
}

/** Returns how many shards a load reaches: a tenant's tasks of one type are all on one shard. */
export const shardsUsed = ({ classes }: DeployConfig, resourceClass: ResourceClass, tenants: number): number =>
  Math.min(classOf(classes, resourceClass).shards, tenants);
