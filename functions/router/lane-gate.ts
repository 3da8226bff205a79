import { executorKeyOf, queueNameOf, RESOURCE_CLASS_SPECS, SNAPSHOT_VALID_SECONDS } from '../contract.ts';
import { type Admission, admission, estimatedWaitSeconds } from '../core/admission.ts';
import {
  type LaneSnapshot,
  type LaneState,
  laneOf,
  type QueueDepths,
  tasksPerExecutorSecond,
  waitingTasks,
} from '../core/lane.ts';
import type { Clock, Log } from '../core/ports.ts';

export type LaneGatePorts = {
  readonly snapshot: Pick<LaneSnapshot, 'read'>;
  readonly depths: QueueDepths;
  readonly clock: Clock;
  readonly log: Log;
};

/** How old an answer of AWS may be before it is asked again. */
const FRESH_MILLISECONDS = 5_000;

/** A lane as this router reckons it on from what it has last seen. */
type Lane = {
  /** As the governor has left it; missing until it has said something. */
  state: LaneState | undefined;
  /** Tasks that waited at `reckonedAt`, in milliseconds since the epoch. */
  waiting: number;
  reckonedAt: number;
  isAdmitting: boolean;
  lookedAt: number;
  looked: Promise<void>;
};

/**
 * Knows how long a task would wait in each lane, from the governor's snapshot, the queues themselves, and what this router
 * has sent there since. Where nothing is known nobody is refused.
 */
export class LaneGate {
  readonly #ports: LaneGatePorts;
  readonly #lanes = new Map<string, Lane>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(ports: LaneGatePorts) {
    this.#ports = ports;
  }

  /**
   * The lane that a task goes to: its own, or the express lane where others crowd its own and its tenant has little to do,
   * which is asked for only then. At most one read of the snapshot, and of each queue, every 5 s.
   */
  async laneFor(executorKey: string, hasLittleToDo: () => Promise<boolean>): Promise<string> {
    const { resourceClass, kind, shard } = laneOf(executorKey);
    if (kind === 'batch' || !(await this.#isCrowded(executorKey)) || !(await hasLittleToDo())) return executorKey;
    const express = executorKeyOf(resourceClass, 'express', shard);
    return (await this.#isCrowded(express)) ? executorKey : express;
  }

  /** Whether the lane takes another task, which is counted where it `isDue` at once. */
  async admission(executorKey: string, isDue: boolean): Promise<Admission> {
    const lane = await this.#seen(executorKey);
    const answer = admission(executorKey, (key) => this.#wait(key), lane.isAdmitting);
    lane.isAdmitting = answer.admitted;
    // Of a lane whose rate is not known only its queue tells what still waits.
    if (answer.admitted && isDue && rateOf(lane) > 0) lane.waiting += 1;
    return answer;
  }

  /** The lanes as the governor has left them, no older than the last read. */
  async states(): Promise<ReadonlyMap<string, LaneState>> {
    await this.#refresh();
    return new Map([...this.#lanes].flatMap(([key, { state }]) => (state === undefined ? [] : [[key, state]])));
  }

  /** Where a whole batch waits, nobody is free to take it. */
  async #isCrowded(executorKey: string): Promise<boolean> {
    const lane = await this.#seen(executorKey);
    this.#reckon(lane);
    return lane.waiting >= RESOURCE_CLASS_SPECS[laneOf(executorKey).resourceClass].concurrencyPerInvocation;
  }

  #wait(executorKey: string): number | null {
    const lane = this.#lanes.get(executorKey);
    if (lane?.state === undefined) return null;
    if (this.#ports.clock() - lane.state.at > SNAPSHOT_VALID_SECONDS * 1000) return null;
    this.#reckon(lane);
    return estimatedWaitSeconds(lane.state, lane.waiting);
  }

  /** Takes off what its executors have got through since. */
  #reckon(lane: Lane): void {
    const now = this.#ports.clock();
    lane.waiting = Math.max(0, lane.waiting - (rateOf(lane) * (now - lane.reckonedAt)) / 1000);
    lane.reckonedAt = now;
  }

  /** The lane as it was seen in the last 5 s. */
  async #seen(executorKey: string): Promise<Lane> {
    await this.#refresh();
    const lane = this.#lane(executorKey);
    if (this.#ports.clock() - lane.lookedAt >= FRESH_MILLISECONDS) {
      lane.lookedAt = this.#ports.clock();
      lane.looked = this.#look(executorKey, lane);
    }
    await lane.looked;
    return lane;
  }

  /** Other routers send there, too, and the snapshot may be a minute old. */
  async #look(executorKey: string, lane: Lane): Promise<void> {
    const { clock, depths, log } = this.#ports;
    try {
      const { depth } = await depths.read(queueNameOf(executorKey));
      lane.waiting = depth * (lane.state?.tasksPerMessage ?? 1);
      lane.reckonedAt = clock();
    } catch (error) {
      log('warn', 'queue not looked at', { executor_key: executorKey, reason: String(error) });
    }
  }

  async #refresh(): Promise<void> {
    // Whoever comes while it is read waits for it: of the first bulk submit, all but one would be let in unseen.
    if (this.#reading === undefined) {
      if (this.#ports.clock() - this.#readAt < FRESH_MILLISECONDS) return;
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { snapshot, clock, log } = this.#ports;
    this.#readAt = clock();
    try {
      for (const state of await snapshot.read()) this.#take(state);
    } catch (error) {
      log('warn', 'lanes not read: what was last known holds', { reason: String(error) });
    }
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
    if (lane.lookedAt < state.at) Object.assign(lane, { waiting: waitingTasks(state), reckonedAt: state.at });
  }

  #lane(executorKey: string): Lane {
    const known = this.#lanes.get(executorKey);
    if (known !== undefined) return known;
    const unseen = { lookedAt: Number.NEGATIVE_INFINITY, looked: Promise.resolve() };
    const lane = { state: undefined, waiting: 0, reckonedAt: this.#ports.clock(), isAdmitting: true, ...unseen };
    this.#lanes.set(executorKey, lane);
    return lane;
  }
}

/** Tasks that the executors of a lane get done in a second; 0 until it is known. */
const rateOf = ({ state }: Lane): number =>
  state === undefined ? 0 : (tasksPerExecutorSecond(state) ?? 0) * state.maxConcurrency;
