import type { Micros } from '../time.ts';
import type { Filling } from './service.ts';

/** Tasks of each of the executors that came together, and end together. */
type Round = { readonly began: Micros; readonly ends: Micros; readonly tasks: number };

/** Executors of a lane that go the same way: each has the same tasks under way, and takes more into its free places. */
export class FillingExecutors {
  readonly #began: Micros;
  readonly #places: number;
  readonly #filling: Filling;
  #rounds: Round[] = [];
  count: number;

  constructor(count: number, began: Micros, places: number, filling: Filling) {
    this.count = count;
    this.#began = began;
    this.#places = places;
    this.#filling = filling;
  }

  /** Places of each that are free. */
  get free(): number {
    return this.#places - this.#rounds.reduce((sum, { tasks }) => sum + tasks, 0);
  }

  /** Returns the moments at which something ends. */
  get ends(): readonly Micros[] {
    return this.#rounds.map(({ ends }) => ends);
  }

  add(began: Micros, ends: Micros, tasks: number): void {
    this.#rounds.push({ began, ends, tasks });
  }

  get isIdle(): boolean {
    return this.#rounds.length === 0;
  }

  /** Takes out the rounds that are over by now. */
  end(now: Micros): readonly Round[] {
    const over = this.#rounds.filter(({ ends }) => ends <= now);
    this.#rounds = this.#rounds.filter(({ ends }) => ends > now);
    return over;
  }

  /** Returns how long each has asked for more by now. */
  asked(now: Micros): Micros {
    const { first, until } = this.#filling;
    return Math.max(0, Math.min(now - this.#began, until) - first);
  }

  /** Returns when they ask for more, which may be now; `undefined` where they do not any more, or have no place. */
  asksAt(now: Micros): Micros | undefined {
    const { first, again, waitsFrom, until } = this.#filling;
    if (this.free === 0) return undefined;
    const age = now - this.#began;
    const asks = age >= waitsFrom ? age : first + Math.max(0, Math.ceil((age - first) / again)) * again;
    return asks > until ? undefined : this.#began + asks;
  }

  /** Parts so many of them from the others: they go another way from now on. */
  split(count: number): FillingExecutors {
    const parted = new FillingExecutors(count, this.#began, this.#places, this.#filling);
    parted.#rounds = [...this.#rounds];
    this.count -= count;
    return parted;
  }
}
