import type { ResourceClass } from '../contract.ts';
import { type LaneState, laneOf, tasksIn } from '../core/lane/lane.ts';
import type { Meter } from '../core/ports.ts';
import { classOf, type DeployedClasses } from '../resource-classes.ts';

/**
 * Records what waits: for each lane in all its shards, and for each class by the executors of its fullest shard. `pools` are
 * the lanes of each executor function. A metric costs while it is written, so where nothing waits, nothing is recorded after
 * the first zero.
 */
export function recordWaiting(
  pools: readonly (readonly LaneState[])[],
  before: ReadonlyMap<string, LaneState>,
  { classes, meter }: { readonly classes: DeployedClasses; readonly meter: Meter },
): void {
  const recorded = pools.flat().filter((lane) => lane.depth > 0 || (before.get(lane.executorKey)?.depth ?? 0) > 0);
  for (const [lane, shards] of Map.groupBy(recorded, laneNameOf)) meter.record(lane, 'waiting', waitingIn(shards));
  for (const [resourceClass, lanes] of Map.groupBy(recorded, resourceClassOf)) {
    const shards = [...Map.groupBy(lanes, ({ executorKey }) => laneOf(executorKey).shard).values()];
    const most = Math.max(...shards.map(waitingIn));
    meter.record(resourceClass, 'waitingPerExecutor', most / classOf(classes, resourceClass).reserved);
  }
}

const waitingIn = (lanes: readonly LaneState[]): number =>
  Math.round(lanes.reduce((sum, lane) => sum + tasksIn(lane.depth, lane), 0));

const resourceClassOf = ({ executorKey }: LaneState): ResourceClass => laneOf(executorKey).resourceClass;

function laneNameOf({ executorKey }: LaneState): string {
  const { resourceClass, kind } = laneOf(executorKey);
  return `${resourceClass}/${kind}`;
}
