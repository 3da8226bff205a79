import {
  executorKeyOf,
  MIN_LANE_CONCURRENCY,
  queueNameOf,
  RESOURCE_CLASS_SPECS,
  SNAPSHOT_VALID_SECONDS,
} from '../../contract.ts';
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
import { PolledValue } from './polled-value.ts';

export type LaneGatePorts = {
  readonly snapshot: Pick<LaneSnapshot, 'read'>;
  readonly depths: QueueDepths;
  readonly clock: Clock;
  readonly log: Log;
};

/** What an invocation of an express lane takes, until it is known. */
const EXPECTED_SECONDS = 1;

/** A lane as this router reckons it on from what it has last seen. */
type Lane = {
  /** As the governor has left it; missing until it has said something. */
  state: LaneState | undefined;
  /** Tasks that waited at `reckonedAt`, in milliseconds since the epoch; with those that this router has sent. */
  waiting: number;
  reckonedAt: number;
  isAdmitting: boolean;
  /** Tasks that waited, and messages that executors held, at `seenAt`: when it was last seen. */
  seen: { readonly waiting: number; readonly inFlight: number };
  seenAt: number;
  readonly look: PolledValue;
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
  readonly #lanes = new Map<string, Lane>();
  readonly #snapshot: PolledValue;

  constructor(ports: LaneGatePorts) {
    this.#ports = ports;
    const failed = (error: unknown) =>
      ports.log('warn', 'lanes not read: what was last known holds', { reason: String(error) });
    this.#snapshot = new PolledValue(() => this.#read(), failed, ports.clock);
  }

  /**
   * The express lane, for a task whose own lane others crowd and whose tenant has little to do, which is asked for only
   * then. A place there is taken with the answer.
   */
  async expressFor(executorKey: string, hasLittleToDo: () => Promise<boolean>): Promise<string | undefined> {
    const { resourceClass, kind, shard } = laneOf(executorKey);
    const { concurrencyPerInvocation: batch } = RESOURCE_CLASS_SPECS[resourceClass];
    if (kind === 'batch') return undefined;
    const own = await this.#seen(executorKey);
    this.#reckon(own, rateOf(own));
    if (!isCrowded(own, batch) || !(await hasLittleToDo())) return undefined;
    const express = executorKeyOf(resourceClass, 'express', shard);
    const lane = await this.#seen(express);
    // Between here and the count nobody else is asked.
    this.#reckon(lane, paceOf(lane, batch));
    if (!hasRoom(lane, batch)) return undefined;
    reserve(lane);
    return express;
  }

  /** Whether the lane takes another task, which is counted where it `isDue` at once. */
  async admission(executorKey: string, isDue: boolean): Promise<Admission> {
    const lane = await this.#seen(executorKey);
    const answer = admission(executorKey, (key) => this.#wait(key), lane.isAdmitting);
    lane.isAdmitting = answer.admitted;
    // Of a lane whose rate is not known only its queue tells what still waits.
    if (answer.admitted && isDue && rateOf(lane) > 0) reserve(lane);
    return answer;
  }

  /** The lanes as the governor has left them, no older than the last read. */
  async states(): Promise<ReadonlyMap<string, LaneState>> {
    await this.#snapshot.fresh();
    return new Map([...this.#lanes].flatMap(([key, { state }]) => (state === undefined ? [] : [[key, state]])));
  }

  #wait(executorKey: string): number | null {
    const lane = this.#lanes.get(executorKey);
    if (lane?.state === undefined) return null;
    if (this.#ports.clock() - lane.state.at > SNAPSHOT_VALID_SECONDS * 1000) return null;
    this.#reckon(lane, rateOf(lane));
    return estimatedWaitSeconds(lane.state, lane.waiting);
  }

  /** Takes off what its executors have got through since. */
  #reckon(lane: Lane, tasksPerSecond: number): void {
    const now = this.#ports.clock();
    lane.waiting = Math.max(0, lane.waiting - (tasksPerSecond * (now - lane.reckonedAt)) / 1000);
    lane.reckonedAt = now;
  }

  /** The lane as it was seen of late, or is otherwise known. */
  async #seen(executorKey: string): Promise<Lane> {
    await this.#snapshot.fresh();
    const lane = this.#lane(executorKey);
    await lane.look.fresh();
    return lane;
  }

  async #read(): Promise<void> {
    const { snapshot, clock, log } = this.#ports;
    for (const state of await snapshot.read()) this.#take(state);
    const governedAt = [...this.#lanes.values()].flatMap(({ state }) => (state === undefined ? [] : [state.at]));
    const oldest = Math.min(...governedAt);
    if (governedAt.length > 0 && clock() - oldest > SNAPSHOT_VALID_SECONDS * 1000) {
      log('warn', 'lanes not governed: nobody is refused', { since: new Date(oldest).toISOString() });
    }
  }

  #take(state: LaneState): void {
    const lane = this.#lane(state.executorKey);
    if (lane.state !== undefined && lane.state.at >= state.at) return;
    Object.assign(lane, { state, isAdmitting: state.isAdmitting });
    if (lane.seenAt < state.at) found(lane, tasksIn(state.depth, state), state.inFlight, state.at);
  }

  #lane(executorKey: string): Lane {
    const known = this.#lanes.get(executorKey);
    if (known !== undefined) return known;
    const { clock, depths, log } = this.#ports;
    // Other routers send there, too, and the snapshot may be a minute old.
    const ask = async (at: number) => {
      const { sent } = lane;
      const { depth, inFlight } = await depths.read(queueNameOf(executorKey));
      found(lane, tasksIn(depth, lane.state), inFlight, at);
      // They may not have been there yet.
      lane.waiting += lane.sent - sent;
    };
    const failed = (error: unknown) =>
      log('warn', 'queue not looked at', { executor_key: executorKey, reason: String(error) });
    const lane: Lane = {
      ...{ state: undefined, waiting: 0, reckonedAt: clock(), isAdmitting: true },
      ...{ seen: { waiting: 0, inFlight: 0 }, seenAt: Number.NEGATIVE_INFINITY, sent: 0 },
      look: new PolledValue(ask, failed, clock),
    };
    this.#lanes.set(executorKey, lane);
    return lane;
  }
}

/** Tasks that the executors of a lane get done in a second; 0 until it is known. */
const rateOf = ({ state }: Lane): number =>
  state === undefined ? 0 : (tasksPerExecutorSecond(state) ?? 0) * state.maxConcurrency;

/** What an express lane gets done in a second, or may be thought to. */
const paceOf = (lane: Lane, batch: number): number => rateOf(lane) || (MIN_LANE_CONCURRENCY * batch) / EXPECTED_SECONDS;

/** Where a whole batch waits, nobody is free to take it. What this router has sent itself is no crowd. */
const isCrowded = ({ seen, waiting }: Lane, batch: number): boolean => Math.min(seen.waiting, waiting) >= batch;

/** Whether somebody is free for another task: where each executor may have its hands full, nobody waits yet. */
const hasRoom = ({ seen, waiting }: Lane, batch: number): boolean =>
  waiting < (seen.inFlight < MIN_LANE_CONCURRENCY ? batch : 1);

function reserve(lane: Lane): void {
  lane.waiting += 1;
  lane.sent += 1;
}

function found(lane: Lane, waiting: number, inFlight: number, at: number): void {
  Object.assign(lane, { waiting, reckonedAt: at, seen: { waiting, inFlight }, seenAt: at });
}
