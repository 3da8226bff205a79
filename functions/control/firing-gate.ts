import { SNAPSHOT_VALID_SECONDS } from '../contract.ts';
import { admission, estimatedWaitSeconds } from '../core/lane/admission.ts';
import { type LaneSnapshot, type LaneState, waitingTasks } from '../core/lane/lane.ts';
import type { Clock, Log, TenantUsage } from '../core/ports.ts';
import type { Schedule } from '../core/schedule/schedule.ts';
import type { TenantId } from '../core/task/ids.ts';
import type { RateBuckets } from '../core/tenant/tenant-limits.ts';

export type FiringGatePorts = {
  readonly snapshot: Pick<LaneSnapshot, 'read'>;
  readonly usage: TenantUsage;
  readonly buckets: Pick<RateBuckets, 'draw'>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * Holds the firings of one run to what submits are held to: the waits of lanes as the governor has left them, with what the run
 * adds to them, and the limits of the key that the schedule was made with. Where one of these is not known, it refuses nobody.
 */
export class FiringGate {
  readonly #ports: FiringGatePorts;
  readonly #openTasks = new Map<TenantId, Promise<{ count: number }>>();
  readonly #sent = new Map<string, number>();
  #lanes: Promise<ReadonlyMap<string, LaneState>> | undefined;

  constructor(ports: FiringGatePorts) {
    this.#ports = ports;
  }

  /** Says why a firing that goes to this lane has to wait, as a submit would be told; counts it where it has not. */
  async refusal({ tenantId, limits = {} }: Schedule, executorKey: string): Promise<string | undefined> {
    const { ratePerSecond, maxOpenTasks } = limits;
    const wait = await this.#waitIfClosed(executorKey);
    if (wait !== undefined) {
      return `lane_saturated: the lane ${executorKey} has more to do than it can in time: a task would wait ${wait} s`;
    }
    if (maxOpenTasks !== undefined && !(await this.#countOpen(tenantId, maxOpenTasks))) {
      return `rate_limited: the key is limited to ${maxOpenTasks} open tasks`;
    }
    if (ratePerSecond !== undefined && !(await this.#draw(tenantId, ratePerSecond))) {
      return `rate_limited: the key is limited to ${ratePerSecond} tasks a second`;
    }
    this.#sent.set(executorKey, (this.#sent.get(executorKey) ?? 0) + 1);
    return undefined;
  }

  /** Returns how long a task would wait in a lane, where that takes none. */
  async #waitIfClosed(executorKey: string): Promise<number | undefined> {
    const { snapshot, clock } = this.#ports;
    this.#lanes ??= this.#orUnknown(snapshot.read(), []).then(
      (states) => new Map(states.map((state) => [state.executorKey, state])),
    );
    const lanes = await this.#lanes;
    const waitSeconds = (key: string): number | null => {
      const state = lanes.get(key);
      if (state === undefined || clock() - state.at > SNAPSHOT_VALID_SECONDS * 1000) return null;
      return estimatedWaitSeconds(state, waitingTasks(state) + (this.#sent.get(key) ?? 0));
    };
    const answer = admission(executorKey, waitSeconds, lanes.get(executorKey)?.isAdmitting ?? true);
    return answer.admitted ? undefined : answer.estimatedWaitSeconds;
  }

  /** Counts one more task of a tenant, unless it is one too many. */
  async #countOpen(tenantId: TenantId, most: number): Promise<boolean> {
    const known = this.#openTasks.get(tenantId) ?? this.#readOpen(tenantId);
    this.#openTasks.set(tenantId, known);
    const open = await known;
    if (open.count >= most) return false;
    open.count += 1;
    return true;
  }

  async #readOpen(tenantId: TenantId): Promise<{ count: number }> {
    return { count: await this.#orUnknown(this.#ports.usage.openTasks(tenantId), Number.NEGATIVE_INFINITY) };
  }

  async #draw(tenantId: TenantId, ratePerSecond: number): Promise<boolean> {
    const { buckets, clock } = this.#ports;
    const { emptyUntil } = await this.#orUnknown(buckets.draw(tenantId, ratePerSecond, clock()), {});
    return emptyUntil === undefined;
  }

  async #orUnknown<T>(answer: Promise<T>, otherwise: T): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.#ports.log('warn', 'limits of schedules not known: nobody is refused', { reason: String(error) });
      return otherwise;
    }
  }
}
