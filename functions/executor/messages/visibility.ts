import type { Deliveries, Delivery, Log } from '../../core/ports.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { LEASE_SECONDS, leaseSecondsOf } from '../attempt/lease-times.ts';
import type { DeliveredTask } from './delivery.ts';

/** How often the visibility of the messages at hand is extended, in seconds. */
const EXTENSION_SECONDS = 7;

type VisibilityPorts = { readonly deliveries: Pick<Deliveries, 'extend'>; readonly log: Log };

/** A message is hidden for so long at a time, at the most. */
export const LONGEST_VISIBILITY_SECONDS = LEASE_SECONDS + EXTENSION_SECONDS;

/**
 * Returns for how long a message is hidden at a time. Its task's lease has expired when it comes again, even if its executor
 * was killed right before it would have extended it: within 25 s.
 */
export const visibilitySecondsOf = ({ timeoutSeconds }: TaskSeed): number =>
  Math.ceil(leaseSecondsOf(timeoutSeconds)) + EXTENSION_SECONDS;

/**
 * Hides messages for as long as their executor lives, and no longer: where it dies, all its tasks are to run again soon,
 * those of long attempts too, and those that were in one message with many others.
 */
export class VisibilityLease {
  readonly #seconds = new Map<Delivery, number>();
  readonly #ports: VisibilityPorts;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(ports: VisibilityPorts) {
    this.#ports = ports;
    this.#timer = setInterval(() => void extendVisibility(this.#seconds, ports), EXTENSION_SECONDS * 1000);
    // An executor that is halted in a test leaves it behind.
    this.#timer.unref();
  }

  /** Keeps the messages hidden from now on, until they are let go. Fulfilled when they are hidden for long enough. */
  async hold(delivered: readonly DeliveredTask[], areHidden: boolean): Promise<void> {
    const messages = Map.groupBy(delivered, ({ delivery }) => delivery);
    const seconds = new Map(
      [...messages].map(([delivery, group]) => [
        delivery,
        Math.max(...group.map(({ task }) => visibilitySecondsOf(task))),
      ]),
    );
    for (const [delivery, value] of seconds) this.#seconds.set(delivery, value);
    if (!areHidden) await extendVisibility(seconds, this.#ports);
  }

  /** Extends the visibility of these messages no more. */
  letGo(deliveries: Iterable<Delivery>): void {
    for (const delivery of deliveries) this.#seconds.delete(delivery);
  }

  /** Is to be called when the invocation ends. */
  end(): void {
    clearInterval(this.#timer);
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
