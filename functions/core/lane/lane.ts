import * as z from 'zod';
import { executorKeyOf, LANE_KINDS, type LaneKind, type ResourceClass } from '../../contract.ts';
import type { DeployedClasses } from '../../resource-classes.ts';
import { once } from '../concurrency.ts';

/** What executors have done for a lane, counted since its first task. */
export type LaneLoad = {
  readonly tasks: number;
  readonly messages: number;
  /** Messages that came together count once: those of an invocation, and those of each receive in it. */
  readonly invocations: number;
  /** The time that each of these took, in all. */
  readonly busyMilliseconds: number;
  /** The CPU that they took, on all threads. */
  readonly cpuMilliseconds: number;
};

export const LOAD_COUNTS = ['tasks', 'messages', 'invocations', 'busyMilliseconds', 'cpuMilliseconds'] as const;

/** Makes a load of what each of its counts is. */
export const loadOf = (count: (name: keyof LaneLoad) => number): LaneLoad =>
  Object.fromEntries(LOAD_COUNTS.map((name) => [name, count(name)])) as LaneLoad;

export const NO_LOAD = loadOf(() => 0);

/** Counts for each lane what its executors do. What was counted is never lost, but may be told late. */
export interface LaneLoads {
  add(executorKey: string, load: LaneLoad): Promise<void>;
  read(executorKeys: readonly string[]): Promise<ReadonlyMap<string, LaneLoad>>;
}

/** Messages of a queue, as far as SQS knows: those that wait to be taken, and those that an executor holds. */
export type Depth = { readonly depth: number; readonly inFlight: number };

export interface QueueDepths {
  /** `queueName` is the lane's, less what the deployment puts before it. Throws where SQS does not answer. */
  read(queueName: string): Promise<Depth>;
}

/** What makes executors of a lane's messages, and how many at a time. */
export type EventSource = {
  readonly id: string;
  readonly maxConcurrency: number;
  /** Messages that it hands to one of them, at most: a batch lane's gathers more than others do. */
  readonly batchSize: number;
  /** Whether it may be changed: while a change is under way, or where it is disabled, it may not. */
  readonly isSettled: boolean;
};

export interface EventSources {
  /**
   * Finds the one that calls an executor for a lane, both by name without the deployment's prefix. Throws where there is
   * none.
   */
  find(queueName: string, executorName: string): Promise<EventSource>;
  /** Changes how many executors there may be, which takes effect some seconds later. Throws what Lambda refuses with. */
  setMaxConcurrency(id: string, maxConcurrency: number): Promise<void>;
}

/** A lane as the governor has left it. */
export const laneStateSchema = once(() => {
  const count = z.number().min(0);
  return z.object({
    executorKey: z.string(),
    /** When it was looked at, in milliseconds since the epoch. */
    at: z.number(),
    depth: count,
    inFlight: count,
    maxConcurrency: count,
    batchSize: count,
    /** How many executors may still be at work, and until when, where the maximum was lowered a moment ago. */
    held: z.object({ concurrency: count, until: z.number() }).optional(),
    /** How many executors it has had work for of late, the latest first. */
    demands: z.array(count),
    tasksPerMessage: count,
    /** Missing until its executors have done something. */
    secondsPerInvocation: count.optional(),
    isAdmitting: z.boolean(),
    load: z.object(
      Object.fromEntries(LOAD_COUNTS.map((name) => [name, count])) as Record<keyof LaneLoad, typeof count>,
    ),
  });
});

export type LaneState = Readonly<z.infer<ReturnType<typeof laneStateSchema>>>;

/** Where the governor leaves the lanes for others to read. */
export interface LaneSnapshot {
  /** Returns the lanes as they were left; none where the governor has not run yet. */
  read(): Promise<readonly LaneState[]>;
  write(lanes: readonly LaneState[]): Promise<void>;
}

/** Returns the keys of all lanes of a deployment, class by class and shard by shard. */
export const executorKeysOf = (classes: DeployedClasses): string[] =>
  Object.entries(classes).flatMap(([resourceClass, { shards }]) =>
    [...Array(shards).keys()].flatMap((shard) => LANE_KINDS.map((kind) => executorKeyOf(resourceClass, kind, shard))),
  );

/** Returns the parts of an executor key that the code itself made. */
export function laneOf(executorKey: string) {
  const [resourceClass, kind, shard] = executorKey.split('/') as [ResourceClass, LaneKind, string];
  return { resourceClass, kind, shard: Number(shard) };
}

/** Returns how many tasks one executor of a lane does in a second when its batches are full; `undefined` until it is known. */
export function tasksPerExecutorSecond({ batchSize, tasksPerMessage, secondsPerInvocation }: LaneState) {
  if (secondsPerInvocation === undefined || secondsPerInvocation <= 0) return undefined;
  return (batchSize * tasksPerMessage) / secondsPerInvocation;
}

/** Returns how many tasks wait in a lane: a message may hold several. */
export const waitingTasks = ({ depth, tasksPerMessage }: LaneState): number => depth * tasksPerMessage;

/**
 * Returns about how many tasks so many messages hold: one each, until something is known of the lane. (The governor
 * supposes bulks then.)
 */
export const tasksIn = (messages: number, state: LaneState | undefined): number =>
  messages * (state === undefined || state.load.messages === 0 ? 1 : state.tasksPerMessage);
