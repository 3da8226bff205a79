import { LEASE_MARGIN_SECONDS } from '../../contract.ts';
import type { Clock, Deliveries, Delivery, Log } from '../../core/ports.ts';
import type { TaskSeed } from '../../core/task/task.ts';

/** How often a hold is renewed while attempts begin. With it, a message comes again within 25 s of its task's timeout. */
const RENEWAL_SECONDS = 7;

type VisibilityPorts = { readonly deliveries: Pick<Deliveries, 'extend'>; readonly clock: Clock; readonly log: Log };

/**
 * Hides the messages of an invocation for as long as an attempt takes that begins now, and no longer: where the executor
 * dies, all its tasks are to run again soon, also those that were in one message with many others.
 */
export class VisibilityLease {
  readonly #seconds: ReadonlyMap<Delivery, number>;
  readonly #ports: VisibilityPorts;
  #renewAt: number;

  constructor(arrivals: readonly { readonly task: TaskSeed; readonly delivery: Delivery }[], ports: VisibilityPorts) {
    const attempts = [...Map.groupBy(arrivals, ({ delivery }) => delivery)];
    this.#seconds = new Map(
      attempts.map(([delivery, group]) => [delivery, Math.max(...group.map(({ task }) => visibilitySecondsOf(task)))]),
    );
    this.#ports = ports;
    this.#renewAt = ports.clock() + VISIBILITY_MARGIN_SECONDS * 1000;
  }

  extend(): Promise<void> {
    return extendVisibility(this.#seconds, this.#ports);
  }

  /** To be called before each attempt. The hold of the first ones does for those that follow at once. */
  async extendWhenDue(): Promise<void> {
    const { clock } = this.#ports;
    if (clock() < this.#renewAt) return;
    this.#renewAt = clock() + (VISIBILITY_MARGIN_SECONDS + RENEWAL_SECONDS) * 1000;
    const longer = [...this.#seconds].map(([delivery, seconds]) => [delivery, seconds + RENEWAL_SECONDS] as const);
    await extendVisibility(new Map(longer), this.#ports);
  }
}

/** Without it the messages come back later, at the lane's own visibility timeout: slower, but nothing is lost. */
export async function extendVisibility(seconds: ReadonlyMap<Delivery, number>, ports: VisibilityPorts): Promise<void> {
  if (seconds.size === 0) return;
  try {
    await ports.deliveries.extend([...seconds].map(([delivery, value]) => ({ delivery, seconds: value })));
  } catch (error) {
    ports.log('warn', 'visibility not changed', { messages: seconds.size, reason: String(error) });
  }
}

/** What becomes of the message: deleted, or left on its lane and visible again after so many seconds. */
export type Disposition = { readonly keep: false } | { readonly keep: true; readonly seconds: number };

export const ACK: Disposition = { keep: false };

/** SQS takes up to 12 hours (43,200 s) from the delivery on. */
const LONGEST_HOLD_SECONDS = 43_000;

export const releaseIn = (milliseconds: number): Disposition => ({
  keep: true,
  seconds: Math.min(Math.max(1, Math.ceil(milliseconds / 1000)), LONGEST_HOLD_SECONDS),
});

/** Beyond the lease's end, so that the next claim finds it expired. */
const VISIBILITY_MARGIN_SECONDS = 3;

/** How long an attempt may hold its message: afterwards the lease is over and another may claim. */
export const visibilitySecondsOf = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS;
