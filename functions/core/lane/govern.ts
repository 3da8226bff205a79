import { INVOCATION_MARGIN_SECONDS, MAX_BULK_TASKS, MIN_LANE_CONCURRENCY } from '../../contract.ts';
import { type DeployedClass, TARGET_UTILIZATION, vcpusOf, WAITING_PER_EXECUTOR } from '../../resource-classes.ts';
import { compact } from '../compact.ts';
import { tasksPerMessage } from '../task/message-packing.ts';
import { type Depth, type EventSource, type LaneLoad, type LaneState, laneOf, loadOf, waitingTasks } from './lane.ts';
import { type ClassLimits, shareExecutors } from './share-executors.ts';

/** A lane as the governor finds it. */
export type ObservedLane = Depth & {
  readonly executorKey: string;
  readonly share: number;
  readonly source: EventSource;
  readonly load: LaneLoad;
};

/** What is to become of a lane. */
export type GovernedLane = { readonly source: EventSource; readonly state: LaneState };

/** So many demands are remembered: a lane gives up executors that it has not needed for three periods. */
const REMEMBERED_DEMANDS = 3;

/**
 * Decides how many executors each lane of one function may have: `lanes` as they are found at `now`, `before` as the last
 * decision left them. Raising takes effect at once and lowering frees executors only while nothing runs on them, so what
 * is lowered now is given to others in the next period: at no moment can the event sources ask for more than is reserved.
 */
export function govern(
  lanes: readonly ObservedLane[],
  before: ReadonlyMap<string, LaneState>,
  { deployed, ...limits }: ClassLimits & { readonly deployed: DeployedClass },
  now: number,
): GovernedLane[] {
  const found = lanes.map((lane) => ({
    ...lane,
    state: laneStateOf(lane, before.get(lane.executorKey), deployed, now),
  }));
  const targets = shareExecutors(
    found.map(({ share, state }) => ({
      share,
      demand: Math.min(Math.max(...state.demands), limits.executors),
      isFixed: isExpress(state.executorKey),
    })),
    limits,
  );
  const free = limits.reservation - found.reduce((sum, { state }) => sum + committed(state), 0);
  const raises = raised(
    found.map(({ state, share, source }, index) => ({
      from: committed(state),
      to: source.isSettled ? (targets[index] ?? 0) : 0,
      share,
    })),
    free,
  );
  return found.map(({ source, state }, index) => {
    const target = source.isSettled ? (targets[index] ?? 0) : state.maxConcurrency;
    const to = Math.min(target, raises[index] ?? 0);
    return {
      source,
      state: to < state.maxConcurrency ? lowered(state, to, deployed, now) : { ...state, maxConcurrency: to },
    };
  });
}

/** Returns how many executors a lane may have at work: what its event source may ask for, or could until a moment ago. */
const committed = ({ maxConcurrency, held }: LaneState): number => Math.max(maxConcurrency, held?.concurrency ?? 0);

/** Spends what is free of the reservation on lanes below their target, one at a time, to the poorest for its share. */
function raised(lanes: readonly { from: number; to: number; share: number }[], free: number): number[] {
  const reached = lanes.map(({ from }) => from);
  for (let left = free; left > 0; left--) {
    const short = lanes.flatMap(({ to, share }, index) => {
      const has = reached[index] ?? 0;
      return has < to ? [{ index, wealth: has / share }] : [];
    });
    const poorest = short.toSorted((a, b) => a.wealth - b.wealth)[0];
    if (poorest === undefined) break;
    reached[poorest.index] = (reached[poorest.index] ?? 0) + 1;
  }
  return reached;
}

/** Lowers a lane. The executors that run now go on to their end, and count until then, unless none runs. */
function lowered(
  state: LaneState,
  maxConcurrency: number,
  { functionTimeoutSeconds }: DeployedClass,
  now: number,
): LaneState {
  // No attempt begins that would not end half a margin before the function does.
  const until = now + (functionTimeoutSeconds - INVOCATION_MARGIN_SECONDS / 2) * 1000;
  return {
    ...state,
    maxConcurrency,
    ...(state.inFlight === 0 ? {} : { held: { concurrency: committed(state), until } }),
  };
}

function laneStateOf(
  lane: ObservedLane,
  before: LaneState | undefined,
  deployed: DeployedClass,
  now: number,
): LaneState {
  const { executorKey, depth, inFlight, source, load } = lane;
  const done = since(load, before?.load);
  const { held } = before ?? {};
  const measured = done.invocations > 0 ? done.busyMilliseconds / 1000 / done.invocations : undefined;
  const secondsPerInvocation = measured ?? before?.secondsPerInvocation;
  const state = compact({
    executorKey,
    at: now,
    depth,
    inFlight,
    load,
    demands: [],
    batchSize: source.batchSize,
    // A change that is under way may not have come through.
    maxConcurrency: source.isSettled
      ? source.maxConcurrency
      : Math.max(source.maxConcurrency, before?.maxConcurrency ?? 0),
    held: held !== undefined && held.until > now ? held : undefined,
    // Until it is known, it is as if all came in bulk: too many executors cost nothing.
    tasksPerMessage:
      done.messages > 0
        ? done.tasks / done.messages
        : (before?.tasksPerMessage ?? tasksPerMessage(deployed, MAX_BULK_TASKS)),
    secondsPerInvocation,
    isAdmitting: before?.isAdmitting ?? true,
  });
  const vcpusTaken = before === undefined ? 0 : done.cpuMilliseconds / (now - before.at);
  const demand = demandOf(state, done.messages > 0, vcpusTaken / vcpusOf(deployed));
  return { ...state, demands: [demand, ...(before?.demands ?? [])].slice(0, REMEMBERED_DEMANDS) };
}

/** Returns what was counted since `before`; a count that went back was begun anew. */
const since = (load: LaneLoad, before: LaneLoad | undefined): LaneLoad =>
  before === undefined || load.tasks < before.tasks ? load : loadOf((name) => load[name] - before[name]);

/** Says whether a lane is express: that has its own executors whatever it has to do, and none of the others'. */
const isExpress = (executorKey: string): boolean => laneOf(executorKey).kind === 'express';

/**
 * Returns how many executors a lane has work for: 100 waiting tasks for each, and 70 % of them at work, or of the CPU of all of
 * them, whichever is more. `computing`: of how many it has kept the CPU busy since the last period.
 */
function demandOf(state: LaneState, hasWorked: boolean, computing: number): number {
  const { executorKey, depth, inFlight, maxConcurrency, batchSize } = state;
  if (depth + inFlight === 0 && !hasWorked) return 0;
  if (isExpress(executorKey)) return MIN_LANE_CONCURRENCY;
  // Where a whole batch waits, nobody is free to take it.
  const occupied = depth >= batchSize ? maxConcurrency : Math.ceil(inFlight / batchSize);
  // An executor with free places has no CPU left for them where its handlers compute.
  const busy = Math.min(maxConcurrency, Math.max(occupied, computing));
  return Math.max(1, Math.ceil(waitingTasks(state) / WAITING_PER_EXECUTOR), Math.ceil(busy / TARGET_UTILIZATION));
}
