import { executorKeyOf, MIN_LANE_CONCURRENCY, queueNameOf, SNAPSHOT_VALID_SECONDS } from '../../contract.ts';
import { isoTime } from '../../core/iso-time.ts';
import { type Admission, admission, estimatedWaitSeconds } from '../../core/lane/admission.ts';
import {
  type LaneSnapshot,
  type LaneState,
  laneOf,
  type QueueDepths,
  tasksIn,
  tasksPerExecutorSecond,
} from '../../core/lane/lane.ts';
import type { Clock, Log } from '../../core/ports.ts';
import { classOf, type DeployedClasses } from '../../resource-classes.ts';
import { PolledValue } from './polled-value.ts';

export type LaneGatePorts = {
  readonly snapshot: Pick<LaneSnapshot, 'read'>;
  readonly depths: QueueDepths;
  readonly classes: DeployedClasses;
  readonly clock: Clock;
  readonly log: Log;
};

/** An invocation of an express lane is taken to last so long, until it is known. */
const EXPECTED_SECONDS = 1;

/** What this router makes of a lane: what it has last observed, and what it reckons has happened since. */
type LaneEstimate = {
  /** As the governor has left the lane; missing until it has said something. */
  state: LaneState | undefined;
  isAdmitting: boolean;
  /** Tasks that waited, and messages that executors held, at `observedAt` (milliseconds since the epoch). */
  observed: { readonly waiting: number; readonly inFlight: number };
  observedAt: number;
  /** Tasks that are reckoned to have waited at `drainedAt`, those that this router has sent among them. */
  waiting: number;
  drainedAt: number;
  /** Looks at the queue. */
  readonly depth: PolledValue;
  /** Tasks that this router has ever sent there and counted. */
  sent: number;
};

/**
 * Knows how long a task would wait in each lane, from the governor's snapshot, the queues themselves, and what this router
 * has sent there since: at most one read of the snapshot, and of each queue, every 5 s. Where nothing is known nobody is
 * refused.
 */
export class LaneGate {
  readonly #ports: LaneGatePorts;
  readonly #estimates = new Map<string, LaneEstimate>();
  readonly #snapshot: PolledValue;

  constructor(ports: LaneGatePorts) {
    this.#ports = ports;
    const failed = (error: unknown) =>
      ports.log('warn', 'lanes not read: what was last known holds', { reason: String(error) });
    this.#snapshot = new PolledValue(() => this.#readSnapshot(), failed, ports.clock);
  }

  /**
   * Returns the express lane, for a task whose own lane others crowd and whose tenant has little to do, which is asked for
   * only then. Reserves a place there.
   */
  async expressFor(executorKey: string, hasLittleToDo: () => Promise<boolean>): Promise<string | undefined> {
    const { resourceClass, kind, shard } = laneOf(executorKey);
    const { concurrencyPerInvocation: batch } = classOf(this.#ports.classes, resourceClass);
    if (kind === 'batch') return undefined;
    const own = await this.#estimate(executorKey);
    this.#drain(own, tasksPerSecond(own));
    if (!isCrowded(own, batch) || !(await hasLittleToDo())) return undefined;
    const expressKey = executorKeyOf(resourceClass, 'express', shard);
    const express = await this.#estimate(expressKey);
    // Between here and the reservation nobody else is asked.
    this.#drain(express, expectedTasksPerSecond(express, batch));
    if (!hasRoom(express, batch)) return undefined;
    reserve(express);
    return expressKey;
  }

  /** Returns whether the lane takes another task, and reserves a place for it where it `isDue` at once. */
  async admission(executorKey: string, isDue: boolean): Promise<Admission> {
    const lane = await this.#estimate(executorKey);
    const answer = admission(executorKey, (key) => this.#waitSeconds(key), lane.isAdmitting);
    lane.isAdmitting = answer.admitted;
    // Of a lane whose rate is not known only its queue tells what still waits.
    if (answer.admitted && isDue && tasksPerSecond(lane) > 0) reserve(lane);
    return answer;
  }

  /** Returns the lanes as the governor has left them, no older than the last read. */
  async states(): Promise<ReadonlyMap<string, LaneState>> {
    await this.#snapshot.fresh();
    return new Map([...this.#estimates].flatMap(([key, { state }]) => (state === undefined ? [] : [[key, state]])));
  }

  #waitSeconds(executorKey: string): number | null {
    const lane = this.#estimates.get(executorKey);
    if (lane?.state === undefined) return null;
    if (this.#ports.clock() - lane.state.at > SNAPSHOT_VALID_SECONDS * 1000) return null;
    this.#drain(lane, tasksPerSecond(lane));
    return estimatedWaitSeconds(lane.state, lane.waiting);
  }

  /** Takes off what the executors of a lane have got through since it was last drained. */
  #drain(lane: LaneEstimate, rate: number): void {
    const now = this.#ports.clock();
    lane.waiting = Math.max(0, lane.waiting - (rate * (now - lane.drainedAt)) / 1000);
    lane.drainedAt = now;
  }

  /** Returns what is known of a lane, once it is fresh or cannot be soon. */
  async #estimate(executorKey: string): Promise<LaneEstimate> {
    await this.#snapshot.fresh();
    const lane = this.#lane(executorKey);
    await lane.depth.fresh();
    return lane;
  }

  async #readSnapshot(): Promise<void> {
    const { snapshot, clock, log } = this.#ports;
    for (const state of await snapshot.read()) this.#adopt(state);
    const governedAt = [...this.#estimates.values()].flatMap(({ state }) => (state === undefined ? [] : [state.at]));
    const oldest = Math.min(...governedAt);
    if (governedAt.length > 0 && clock() - oldest > SNAPSHOT_VALID_SECONDS * 1000) {
      log('warn', 'lanes not governed: nobody is refused', { since: isoTime(oldest) });
    }
  }

  /** Takes over what the governor says of a lane, where it is news. */
  #adopt(state: LaneState): void {
    const lane = this.#lane(state.executorKey);
    if (lane.state !== undefined && lane.state.at >= state.at) return;
    lane.state = state;
    lane.isAdmitting = state.isAdmitting;
    if (lane.observedAt < state.at) observe(lane, tasksIn(state.depth, state), state.inFlight, state.at);
  }

  #lane(executorKey: string): LaneEstimate {
    const known = this.#estimates.get(executorKey);
    if (known !== undefined) return known;
    const { clock, depths, log } = this.#ports;
    // Other routers send there, too, and the snapshot may be a minute old.
    const ask = async (at: number) => {
      const { sent } = lane;
      const { depth, inFlight } = await depths.read(queueNameOf(executorKey));
      observe(lane, tasksIn(depth, lane.state), inFlight, at);
      // What was sent meanwhile may not have been there yet.
      lane.waiting += lane.sent - sent;
    };
    const failed = (error: unknown) =>
      log('warn', 'queue not looked at', { executor_key: executorKey, reason: String(error) });
    const lane: LaneEstimate = {
      state: undefined,
      isAdmitting: true,
      observed: { waiting: 0, inFlight: 0 },
      observedAt: Number.NEGATIVE_INFINITY,
      waiting: 0,
      drainedAt: clock(),
      depth: new PolledValue(ask, failed, clock),
      sent: 0,
    };
    this.#estimates.set(executorKey, lane);
    return lane;
  }
}

/** Returns the tasks that the executors of a lane get done in a second; 0 until it is known. */
const tasksPerSecond = ({ state }: LaneEstimate): number =>
  state === undefined ? 0 : (tasksPerExecutorSecond(state) ?? 0) * state.maxConcurrency;

/** Returns what an express lane gets done in a second, or may be expected to. */
const expectedTasksPerSecond = (lane: LaneEstimate, batch: number): number =>
  tasksPerSecond(lane) || (MIN_LANE_CONCURRENCY * batch) / EXPECTED_SECONDS;

/** Where a whole batch waits, nobody is free to take it. What this router has sent itself is no crowd. */
const isCrowded = ({ observed, waiting }: LaneEstimate, batch: number): boolean =>
  Math.min(observed.waiting, waiting) >= batch;

/** Says whether somebody is free for another task: where each executor may have its hands full, nobody waits yet. */
const hasRoom = ({ observed, waiting }: LaneEstimate, batch: number): boolean =>
  waiting < (observed.inFlight < MIN_LANE_CONCURRENCY ? batch : 1);

function reserve(lane: LaneEstimate): void {
  lane.waiting += 1;
  lane.sent += 1;
}

function observe(lane: LaneEstimate, waiting: number, inFlight: number, at: number): void {
  lane.observed = { waiting, inFlight };
  lane.observedAt = at;
  lane.waiting = waiting;
  lane.drainedAt = at;
}
