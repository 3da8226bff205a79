import { RESOURCE_CLASS_SPECS, type ResourceClass, reservationOf, SLICE_MILLISECONDS } from '../functions/contract.ts';
import type { TaskDefinition } from '../functions/core/define-task.ts';
import { tasksPerMessage } from '../functions/core/task/message-packing.ts';
import type { DeployConfig } from '../lib/config.ts';
import { batchWindowOf } from '../lib/constructs/batch-window.ts';
import { API_BURST_REQUESTS, API_REQUESTS_PER_SECOND, LONG_POLL_SECONDS } from './documented-limits.ts';
import { governed } from './governed.ts';
import type { PlanArguments } from './plan-arguments.ts';
import type { Scenario } from './simulate.ts';
import { HOT_KEYS, WRITE_TARGETS } from './table-writes.ts';
import { MILLISECOND, SECOND } from './time.ts';

/** One shard of the class's executors with its part of the load: the shards are alike. */
export function scenarioOf(
  args: PlanArguments,
  config: DeployConfig,
  definitions: readonly TaskDefinition[],
): Scenario {
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
    batchWindows: batchWindowsOf(args, definitions, shards),
    writes: [...WRITE_TARGETS, ...HOT_KEYS],
    tableSize: {
      tables: tables / shards,
      keys: config.indexShards * Math.max(1, tenants / tables),
      peakPerSecond: tablePeakPerSecond,
    },
    api: { perSecond: apiRequestsPerSecond(config) / shards, burst: apiBurst(config) / shards },
    control: governed(resourceClass, config, begun),
    seed,
  };
}

/** What the deployment's API takes, of what the account may. */
export const apiRequestsPerSecond = ({ throttle }: DeployConfig): number =>
  Math.min(throttle.rate, API_REQUESTS_PER_SECOND);
const apiBurst = ({ throttle }: DeployConfig): number => Math.min(throttle.burst, API_BURST_REQUESTS);

/** How the batch lane waits: for its window, or as long as a poll where hardly a task comes in that. */
function batchWindowsOf(
  { resourceClass, load }: PlanArguments,
  definitions: readonly TaskDefinition[],
  shards: number,
): Scenario['batchWindows'] {
  const { messages, windowSeconds } = batchWindowOf('batch', resourceClass, definitions);
  if (windowSeconds === 0) return {};
  const tasksPerSecond = (load.tasksPerSecond * (load.mix.batch ?? 0)) / shards;
  const isQuiet = tasksPerSecond * windowSeconds < 1;
  const seconds = isQuiet ? Math.max(windowSeconds, LONG_POLL_SECONDS) : windowSeconds;
  return { batch: { tasks: messages, wait: seconds * SECOND } };
}

/**
 * Of a message of several tasks an invocation begins what its slice has time for; the others come again in messages of their
 * own. `begun`: tasks that it begins of each message in the mean of both; `goingBack`: the share of tasks that come again.
 */
export function sliceOf({ resourceClass, load, service }: PlanArguments): {
  readonly begun: number;
  readonly goingBack: number;
} {
  const perMessage = Math.min(load.bulk, tasksPerMessage(resourceClass, load.bulk));
  const inSlice = Math.ceil((SLICE_MILLISECONDS * MILLISECOND) / (service.duration + service.overhead));
  const back = perMessage - Math.min(perMessage, inSlice);
  return { begun: perMessage / (1 + back), goingBack: back / perMessage };
}

/** A tenant's tasks of one type are all on one shard, so that few tenants do not reach all shards. */
export const shardsUsed = ({ shards }: DeployConfig, resourceClass: ResourceClass, tenants: number): number =>
  Math.min(shards[resourceClass], tenants);
