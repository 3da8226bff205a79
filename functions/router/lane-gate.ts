import { LANE_OBJECTIVE_SECONDS, queueNameOf, SNAPSHOT_VALID_SECONDS } from '../contract.ts';
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

/** A queue is looked at itself once so many tasks were sent there since, or its wait is this share of its objective. */
const LOOK_AFTER_TASKS = 200;
const LOOK_FROM_SHARE = 0.25;

/** A lane as this router reckons it on from what it has last seen. */
type Lane = {
  state: LaneState;
  /** Tasks that waited at `reckonedAt`, in milliseconds since the epoch. */
  waiting: number;
  reckonedAt: number;
  isAdmitting: boolean;
  sinceLook: number;
  lookedAt: number;
};

/**
 * Knows how long a task would wait in each lane, from the governor's snapshot, the queues themselves where much happens,
 * and what this router has sent there since. Where nothing is known nobody is refused.
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
   * Whether the lane takes another task, which is counted where it `isDue` at once. At most one read of the snapshot, and
   * of each queue, every 5 s.
   */
  async admission(executorKey: string, isDue: boolean): Promise<Admission> {
    await this.#refresh();
    await this.#look(executorKey);
    const lane = this.#lanes.get(executorKey);
    const answer = admission(executorKey, (key) => this.#wait(key), lane?.isAdmitting ?? true);
    if (lane === undefined) return answer;
    lane.isAdmitting = answer.admitted;
    if (answer.admitted && isDue) {
      lane.waiting += 1;
      lane.sinceLook += 1;
    }
    return answer;
  }

  /** The lanes as the governor has left them, no older than the last read. */
  async states(): Promise<ReadonlyMap<string, LaneState>> {
    await this.#refresh();
    return new Map([...this.#lanes].map(([key, { state }]) => [key, state]));
  }

  #wait(executorKey: string): number | null {
    const lane = this.#lanes.get(executorKey);
    if (lane === undefined || this.#ports.clock() - lane.state.at > SNAPSHOT_VALID_SECONDS * 1000) return null;
    this.#reckon(lane);
    return estimatedWaitSeconds(lane.state, lane.waiting);
  }

  /** Takes off what its executors have got through since. */
  #reckon(lane: Lane): void {
    const now = this.#ports.clock();
    const rate = (tasksPerExecutorSecond(lane.state) ?? 0) * lane.state.maxConcurrency;
    lane.waiting = Math.max(0, lane.waiting - (rate * (now - lane.reckonedAt)) / 1000);
    lane.reckonedAt = now;
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
    const oldest = Math.min(...[...this.#lanes.values()].map(({ state }) => state.at));
    if (clock() - oldest > SNAPSHOT_VALID_SECONDS * 1000 && this.#lanes.size > 0) {
      log('warn', 'lanes not governed: nobody is refused', { since: new Date(oldest).toISOString() });
    }
  }

  #take(state: LaneState): void {
    const known = this.#lanes.get(state.executorKey);
    if (known !== undefined && known.state.at >= state.at) return;
    this.#lanes.set(state.executorKey, {
      ...{ state, waiting: waitingTasks(state), reckonedAt: state.at, isAdmitting: state.isAdmitting },
      ...{ sinceLook: known?.sinceLook ?? 0, lookedAt: known?.lookedAt ?? Number.NEGATIVE_INFINITY },
    });
  }

  /** Other routers send there, too: where much is sent, the snapshot is soon too old. */
  async #look(executorKey: string): Promise<void> {
    const { clock, depths, log } = this.#ports;
    const lane = this.#lanes.get(executorKey);
    if (lane === undefined || clock() - lane.lookedAt < FRESH_MILLISECONDS) return;
    const wait = this.#wait(executorKey);
    const isPressed = (wait ?? 0) > LANE_OBJECTIVE_SECONDS[laneOf(executorKey).kind] * LOOK_FROM_SHARE;
    if (wait === null || (lane.sinceLook < LOOK_AFTER_TASKS && !isPressed)) return;
    lane.lookedAt = clock();
    lane.sinceLook = 0;
    try {
      const { depth } = await depths.read(queueNameOf(executorKey));
      lane.waiting = depth * lane.state.tasksPerMessage;
      lane.reckonedAt = clock();
    } catch (error) {
      log('warn', 'queue not looked at', { executor_key: executorKey, reason: String(error) });
    }
  }
}
