import { LEASE_MARGIN_SECONDS } from '../../contract.ts';
import type { Clock, Deliveries, Delivery, Log } from '../../core/ports.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import type { DeliveredTask } from './delivery.ts';

/** How often visibility is extended while attempts begin. With it, a message comes again within 25 s of its task's timeout. */
const RENEWAL_SECONDS = 7;

/** A message stays hidden so much longer than its task's lease, so that the next claim finds the lease expired. */
const VISIBILITY_MARGIN_SECONDS = 3;

type VisibilityPorts = { readonly deliveries: Pick<Deliveries, 'extend'>; readonly clock: Clock; readonly log: Log };

/** Returns for how long an attempt may hide its message: afterwards the lease is over and another may claim. */
export const visibilitySecondsOf = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(timeoutSeconds) + LEASE_MARGIN_SECONDS + VISIBILITY_MARGIN_SECONDS;

/**
 * Hides the messages of an invocation for as long as an attempt takes that begins now, and no longer: where the executor
 * dies, all its tasks are to run again soon, also those that were in one message with many others.
 */
export class VisibilityLease {
  readonly #seconds: ReadonlyMap<Delivery, number>;
  readonly #ports: VisibilityPorts;
  #renewAt: number;

  constructor(delivered: readonly DeliveredTask[], ports: VisibilityPorts) {
    const messages = [...Map.groupBy(delivered, ({ delivery }) => delivery)];
    this.#seconds = new Map(
      messages.map(([delivery, group]) => [delivery, Math.max(...group.map(({ task }) => visibilitySecondsOf(task)))]),
    );
    this.#ports = ports;
    this.#renewAt = ports.clock() + VISIBILITY_MARGIN_SECONDS * 1000;
  }

  /** Hides the messages for attempts that begin now. */
  extend(): Promise<void> {
    return extendVisibility(this.#seconds, this.#ports);
  }

  /** Is to be called before each attempt. The first extension does for attempts that follow at once. */
  async extendWhenDue(): Promise<void> {
    const { clock } = this.#ports;
    if (clock() < this.#renewAt) return;
    this.#renewAt = clock() + (VISIBILITY_MARGIN_SECONDS + RENEWAL_SECONDS) * 1000;
    const longer = [...this.#seconds].map(([delivery, seconds]) => [delivery, seconds + RENEWAL_SECONDS] as const);
    await extendVisibility(new Map(longer), this.#ports);
  }
}

/**
 * Makes each message visible again after so many seconds. Where that fails, they come back later, at the lane's own
 * visibility timeout: slower, but nothing is lost.
 */
export async function extendVisibility(seconds: ReadonlyMap<Delivery, number>, ports: VisibilityPorts): Promise<void> {
  if (seconds.size === 0) return;
  try {
    await ports.deliveries.extend([...seconds].map(([delivery, value]) => ({ delivery, seconds: value })));
  } catch (error) {
    ports.log('warn', 'visibility not changed', { messages: seconds.size, reason: String(error) });
  }
}
