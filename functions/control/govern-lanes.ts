import { executorKeyOf, LANE_KINDS, queueNameOf, type ResourceClass } from '../contract.ts';
import { mapConcurrently } from '../core/concurrency.ts';
import { withAdmission } from '../core/lane/admission.ts';
import { type GovernedLane, govern, type ObservedLane } from '../core/lane/govern.ts';
import {
  type EventSources,
  type LaneLoads,
  type LaneSnapshot,
  type LaneState,
  NO_LOAD,
  type QueueDepths,
} from '../core/lane/lane.ts';
import type { Clock, Log, Meter } from '../core/ports.ts';
import { classOf, type DeployedClasses, executorNameOf, reservationOf, shareOf } from '../resource-classes.ts';
import { recordWaiting } from './record-waiting.ts';

export type GovernPorts = {
  readonly sources: EventSources;
  readonly depths: QueueDepths;
  readonly loads: LaneLoads;
  readonly snapshot: LaneSnapshot;
  readonly classes: DeployedClasses;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
};

/** Lambda takes 15 requests a second for all of its control plane (Lambda's documentation, "Quotas"). */
const PARALLEL_POOLS = 2;

/** The executors of a class and shard, which its lanes share. */
type Pool = { readonly resourceClass: ResourceClass; readonly shard: number };

/**
 * Sets how many executors each lane may have, and tells the router how the lanes are. A class that cannot be governed stays
 * as it is; where there was one, this throws in the end.
 */
export async function governLanes(ports: GovernPorts): Promise<void> {
  const { classes, snapshot, log } = ports;
  const before = new Map((await snapshot.read()).map((state) => [state.executorKey, state]));
  const pools = Object.entries(classes).flatMap(([resourceClass, { shards }]) =>
    [...Array(shards).keys()].map((shard) => ({ resourceClass, shard })),
  );
  const failed: string[] = [];
  const lanes = await mapConcurrently(pools, PARALLEL_POOLS, async (pool) => {
    try {
      return withAdmission(await governPool(pool, before, ports));
    } catch (error) {
      log('error', 'governor skipped class: it stays as it is', { ...pool, reason: String(error) });
      failed.push(`${pool.resourceClass}/${pool.shard}`);
      return keysOf(pool).flatMap((key) => before.get(key) ?? []);
    }
  });
  recordWaiting(lanes, before, ports);
  await snapshot.write(lanes.flat());
  if (failed.length > 0) throw new Error(`not governed: ${failed.join(', ')}`);
}

const keysOf = ({ resourceClass, shard }: Pool): string[] =>
  LANE_KINDS.map((kind) => executorKeyOf(resourceClass, kind, shard));

/** Decides on the lanes of a pool, and returns them as they are then. Lanes that give executors away come first. */
async function governPool(pool: Pool, before: ReadonlyMap<string, LaneState>, ports: GovernPorts) {
  const deployed = classOf(ports.classes, pool.resourceClass);
  const keys = keysOf(pool);
  const loads = await ports.loads.read(keys);
  const observed = await Promise.all(
    LANE_KINDS.map(async (kind): Promise<ObservedLane> => {
      const executorKey = executorKeyOf(pool.resourceClass, kind, pool.shard);
      const name = queueNameOf(executorKey);
      const executorName = executorNameOf(pool.resourceClass, pool.shard);
      const [depth, source] = await Promise.all([ports.depths.read(name), ports.sources.find(name, executorName)]);
      return {
        executorKey,
        ...depth,
        source,
        share: shareOf(deployed, kind),
        load: loads.get(executorKey) ?? NO_LOAD,
      };
    }),
  );
  const limits = { executors: deployed.reserved, reservation: reservationOf(deployed.reserved) };
  const governed = govern(observed, before, { ...limits, deployed }, ports.clock());
  const isLowered = ({ source, state }: GovernedLane): boolean => state.maxConcurrency < source.maxConcurrency;
  const states = new Map<string, LaneState>();
  for (const lane of governed.toSorted((a, b) => Number(isLowered(b)) - Number(isLowered(a)))) {
    states.set(lane.state.executorKey, await applyConcurrency(lane, ports));
  }
  return keys.flatMap((key) => states.get(key) ?? []);
}

/** Tells Lambda, and returns the lane as it is then: what Lambda does not take now is decided anew in the next period. */
async function applyConcurrency({ source, state }: GovernedLane, { sources, log }: GovernPorts): Promise<LaneState> {
  const change = { executor_key: state.executorKey, from: source.maxConcurrency, to: state.maxConcurrency };
  if (change.from === change.to || !source.isSettled) return state;
  try {
    await sources.setMaxConcurrency(source.id, state.maxConcurrency);
    log('info', 'lane governed', { ...change, depth: state.depth, in_flight: state.inFlight });
    return state;
  } catch (error) {
    log('warn', 'governor skipped lane: the next run tries again', { ...change, reason: String(error) });
    return { ...state, maxConcurrency: Math.max(change.from, change.to) };
  }
}
