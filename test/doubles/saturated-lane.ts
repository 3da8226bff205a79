import { LANE_OBJECTIVE_SECONDS, queueNameOf } from '../../functions/contract.ts';
import { type LaneState, laneOf, NO_LOAD } from '../../functions/core/lane/lane.ts';
import type { World } from './world.ts';

/** Makes a lane that gets ten tasks a second done, with so many waiting, as the governor would see it now. */
const laneState = (world: World, executorKey: string, waiting: number): LaneState => ({
  executorKey,
  at: world.now,
  depth: waiting,
  inFlight: 0,
  maxConcurrency: 2,
  demands: [2],
  load: NO_LOAD,
  batchSize: 10,
  tasksPerMessage: 1,
  secondsPerInvocation: 2,
  isAdmitting: true,
});

/**
 * Has the governor say of a lane that a task would wait `share` times as long as it may. What waits is of the tenant
 * that asks.
 */
export async function saturate(world: World, executorKey: string, share = 1.5): Promise<void> {
  const seconds = LANE_OBJECTIVE_SECONDS[laneOf(executorKey).kind] * share;
  const { snapshot } = world.lanes;
  world.openTasks = 10 * seconds;
  world.lanes.lane(queueNameOf(executorKey)).depth = 10 * seconds;
  const others = (await snapshot.read()).filter((lane) => lane.executorKey !== executorKey);
  await snapshot.write([...others, laneState(world, executorKey, 10 * seconds)]);
}
