import type { TaskQueue } from '../../functions/core/ports.ts';
import type { TaskId } from '../../functions/core/task/ids.ts';
import { turn } from './stopped-clock.ts';

/** Each of these goes wrong in one process at calls to ports with these numbers. */
export type Frailty = {
  /** These are refused before anything has happened. */
  readonly refused: readonly number[];
  /** These are done, but the answer is lost. */
  readonly unanswered: readonly number[];
  /** From this call on nothing happens any more: `kill -9`. */
  readonly diesAt: number | undefined;
  /** At this call the process stands still until it is woken: a frozen machine, a long collection of garbage. */
  readonly stallsAt: number | undefined;
  /**
   * A call takes so many turns of the event loop, in rotation: of two processes, now one is ahead and now the other.
   */
  readonly pace: readonly number[];
};

export const STURDY: Frailty = { refused: [], unanswered: [], diesAt: undefined, stallsAt: undefined, pace: [0] };

const never = <T>(): Promise<T> => new Promise(() => {});

/** Stands between a door and its ports as a process does, and fails as it is told. */
export class FrailProcess {
  readonly #frailty: Frailty;
  readonly #awake = Promise.withResolvers<void>();
  readonly #halted = Promise.withResolvers<'halted'>();
  #calls: number;

  /** The first `soundCalls` never go wrong, and are not counted. */
  constructor(frailty: Frailty, soundCalls = 0) {
    this.#frailty = frailty;
    this.#calls = -soundCalls;
  }

  /** Returns the ports as the process reaches them. */
  through<Ports extends object>(ports: Ports): Ports {
    const entries = Object.entries(ports).map(([name, port]) => [name, PORTS.has(name) ? this.#reached(port) : port]);
    return Object.fromEntries(entries);
  }

  /** Waits until the work is done, or the process is dead or stands still. */
  async until<T>(work: Promise<T>): Promise<T | 'halted'> {
    let isUnderWay = true;
    const end = (): void => {
      isUnderWay = false;
    };
    const result = Promise.race([work, this.#halted.promise]);
    result.then(end, end);
    while (isUnderWay) await turn();
    // What is under way elsewhere in the process gets to where it halts, too.
    await turn();
    return result;
  }

  wake(): void {
    this.#awake.resolve();
  }

  #reached(port: object | ((...args: unknown[]) => unknown)): unknown {
    if (typeof port === 'function') return (...args: unknown[]) => this.#call(async () => port(...args));
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name === 'sendAll') return this.#sendAll(member.bind(target));
        if (WALKS.has(name)) return (...args: unknown[]) => this.#walk(member.apply(target, args));
        return (...args: unknown[]) => this.#call(() => member.apply(target, args));
      },
    });
  }

  /** Counts each page as a call. */
  async *#walk(pages: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    const walk = pages[Symbol.asyncIterator]();
    for (;;) {
      const step = (await this.#call(() => walk.next())) as IteratorResult<unknown>;
      if (step.done === true) return;
      yield step.value;
    }
  }

  /** Throws nothing, as the real one: it gives back what was refused. */
  #sendAll(sendAll: TaskQueue['sendAll']): TaskQueue['sendAll'] {
    return async (outgoing) => {
      try {
        return (await this.#call(() => sendAll(outgoing))) as ReadonlySet<TaskId>;
      } catch {
        return new Set(outgoing.map(({ task }) => task.id));
      }
    };
  }

  async #call(work: () => Promise<unknown>): Promise<unknown> {
    const { refused, unanswered, diesAt = Number.POSITIVE_INFINITY, stallsAt, pace } = this.#frailty;
    const number = this.#calls++;
    if (number >= diesAt) {
      this.#halted.resolve('halted');
      return never();
    }
    if (stallsAt !== undefined && number >= stallsAt) {
      this.#halted.resolve('halted');
      await this.#awake.promise;
    }
    for (let turns = pace[Math.abs(number) % pace.length] ?? 0; turns > 0; turns--) await undefined;
    if (refused.includes(number)) throw new Error('throttled');
    const result = await work();
    if (unanswered.includes(number)) throw new Error('no answer came');
    return result;
  }
}

/** Says whether a value gives pages, one after the other. */
const WALKS = new Set<PropertyKey>(['due', 'held']);

/** These ports are outside of the process; a dead one does not sleep either. */
const PORTS = new Set([
  'store',
  'deletions',
  'history',
  'attempts',
  'fanOuts',
  'formerInputs',
  'queue',
  'deliveries',
  'payloads',
  'settings',
  'due',
  'schedules',
  'webhooks',
  'signingSecrets',
  'sleep',
]);
