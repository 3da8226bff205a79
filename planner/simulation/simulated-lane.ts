import type { SharedLaneKind } from '../../functions/contract.ts';
import type { Micros } from '../time.ts';
import type { FillingExecutors } from './filling-executors.ts';
import type { LaneReading } from './governor.ts';
import { EventSource } from './lambda-scaling.ts';
import { Series, type WaitSummary, Waits } from './measures.ts';
import { Cohorts } from './queues.ts';

export type LaneResult = {
  readonly kind: SharedLaneKind;
  /** Tasks that were submitted, the backlog among them, and what became of them. */
  readonly submitted: number;
  readonly refused: number;
  readonly ended: number;
  /** So many tasks have not ended when the simulation does: on the queue, and in an executor. */
  readonly waiting: number;
  readonly running: number;
  /** Tasks that have started waited so long, from submit to the start of their handler. */
  readonly waits: WaitSummary | undefined;
  readonly invocations: number;
  /** Receives by its executors that gave them tasks, and how long in all they have asked for such. */
  readonly receives: number;
  readonly asking: Micros;
  /** When its last task ended. */
  readonly drainedAt: Micros;
  /** How long its tasks waited for DynamoDB to take their writes. */
  readonly heldByTable: Micros;
  readonly executors: Series;
  readonly depth: Series;
  /** When it began to refuse new tasks, and when it took them again. */
  readonly closures: readonly { readonly from: Micros; readonly to: Micros | undefined }[];
};

/** Keeps the state of one lane, and what has happened on it so far. */
export class SimulatedLane {
  readonly kind: SharedLaneKind;
  readonly share: number;
  readonly source: EventSource;
  readonly queue = new Cohorts();
  /** Its executors that may take further tasks. */
  readonly filling = new Set<FillingExecutors>();
  /** The lane need not be tried again before this: something is awaited. */
  wakeAt: Micros | undefined;
  /** Its event source waits until then for a batch to be full, as it was last seen. */
  gathersUntil: Micros | undefined;
  /** An executor asks for tasks then, and is given those that wait. */
  asksAt: Micros | undefined;
  heldByTable: Micros = 0;
  receives = 0;
  asking: Micros = 0;
  readonly #waits = new Waits();
  readonly #executors = new Series();
  readonly #depth = new Series();
  readonly #closures: { from: Micros; to: Micros | undefined }[] = [];
  #submitted = 0;
  #refused = 0;
  #ended = 0;
  #invocations = 0;
  #running = 0;
  #runningTasks = 0;
  #rounds = 0;
  #roundTime: Micros = 0;
  #drainedAt: Micros = 0;

  constructor(kind: SharedLaneKind, share: number, maximumConcurrency: number) {
    this.kind = kind;
    this.share = share;
    this.source = new EventSource(maximumConcurrency);
  }

  get running(): number {
    return this.#running;
  }

  get isIdle(): boolean {
    return this.queue.tasks === 0 && this.#running === 0;
  }

  get admits(): boolean {
    const last = this.#closures.at(-1);
    return last === undefined || last.to !== undefined;
  }

  submit(tasks: number, now: Micros): void {
    this.#submitted += tasks;
    if (!this.admits) {
      this.#refused += tasks;
      return;
    }
    this.queue.push(now, tasks);
    this.#depth.set(this.queue.tasks, now);
  }

  /** Starts so many tasks from the front of the queue, `after` this moment. */
  start(tasks: number, now: Micros, after: Micros): void {
    this.queue.take(tasks, (at, part) => this.#waits.add(now + after - at, part));
    this.#depth.set(this.queue.tasks, now);
    this.#runningTasks += tasks;
  }

  begin(invocations: number, now: Micros): void {
    this.#invocations += invocations;
    this.#running += invocations;
    this.#executors.set(this.#running, now);
  }

  /** Ends so many rounds of tasks that came together, after so long. */
  endRounds(rounds: number, tasks: number, lasted: Micros, now: Micros): void {
    this.#rounds += rounds;
    this.#roundTime += rounds * lasted;
    this.#runningTasks -= tasks;
    this.#ended += tasks;
    this.#drainedAt = now;
  }

  end(invocations: number, now: Micros): void {
    this.#running -= invocations;
    this.#executors.set(this.#running, now);
  }

  refuse(tasks: number): void {
    this.#submitted += tasks;
    this.#refused += tasks;
  }

  setAdmits(admits: boolean, now: Micros): void {
    if (admits === this.admits) return;
    const last = this.#closures.at(-1);
    if (admits && last !== undefined) last.to = now;
    else this.#closures.push({ from: now, to: undefined });
  }

  /** Returns what can be read of it. */
  read(): LaneReading {
    return {
      kind: this.kind,
      waiting: this.queue.tasks,
      held: this.#runningTasks,
      maximumConcurrency: this.source.maximumConcurrency,
      done: { tasks: this.#ended, invocations: this.#rounds, busy: this.#roundTime },
    };
  }

  result(now: Micros): LaneResult {
    this.#executors.set(this.#running, now);
    this.#depth.set(this.queue.tasks, now);
    return {
      kind: this.kind,
      submitted: this.#submitted,
      refused: this.#refused,
      ended: this.#ended,
      waiting: this.queue.tasks,
      running: this.#runningTasks,
      waits: this.#waits.summary(),
      invocations: this.#invocations,
      receives: this.receives,
      asking: this.asking,
      drainedAt: this.#drainedAt,
      heldByTable: this.heldByTable,
      executors: this.#executors,
      depth: this.#depth,
      closures: this.#closures,
    };
  }
}
