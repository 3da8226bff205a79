import { MOST_RECEIVED } from '../../functions/core/lane/filling.ts';
import type { Micros } from '../time.ts';
import { FillingExecutors } from './filling-executors.ts';
import { attemptOf, type Filling, type Random, type Service } from './service.ts';
import type { SimulatedLane } from './simulated-lane.ts';
import type { WriteLimit } from './table-writes.ts';

type FillerOptions = {
  readonly service: Service;
  readonly filling: Filling;
  readonly writes: readonly WriteLimit[];
  readonly random: Random;
  /** A step of the simulation, and what rounds a moment to one. */
  readonly tick: Micros;
  readonly round: (at: Micros) => Micros;
  readonly wake: (at: Micros, lane: SimulatedLane) => void;
  readonly free: (at: Micros, lane: SimulatedLane, executors: FillingExecutors) => void;
};

/** Plays executors that take further tasks into their free places, as `functions/executor/fill-places.ts` does. */
export class Filler {
  readonly #options: FillerOptions;

  constructor(options: FillerOptions) {
    this.#options = options;
  }

  /** Returns whether an invocation that begins with so many tasks may take more. */
  mayFill(tasks: number): boolean {
    return tasks <= this.#options.service.concurrencyPerInvocation;
  }

  /** Begins invocations of so many tasks each. */
  begin(lane: SimulatedLane, invocations: number, tasks: number, coldStart: Micros, now: Micros): void {
    const { service, filling } = this.#options;
    const places = service.concurrencyPerInvocation;
    const executors = new FillingExecutors(invocations, now + coldStart, places, filling);
    lane.begin(invocations, now);
    lane.filling.add(executors);
    this.#place(lane, executors, tasks, now, coldStart);
  }

  /** Gives what waits to executors that ask for it, and has the lane looked at again when the next one asks. */
  fill(lane: SimulatedLane, now: Micros): void {
    if (lane.queue.tasks === 0 || lane.filling.size === 0) return;
    const all = [...lane.filling];
    const first = Math.floor(this.#options.random() * all.length);
    let next = Number.POSITIVE_INFINITY;
    for (const executors of [...all.slice(first), ...all.slice(0, first)]) {
      const asksAt = executors.asksAt(now) ?? Number.POSITIVE_INFINITY;
      if (asksAt <= now) this.#take(lane, executors, now);
      else next = Math.min(next, asksAt);
    }
    if (lane.queue.tasks === 0 || next >= (lane.asksAt ?? Number.POSITIVE_INFINITY)) return;
    const { tick, wake } = this.#options;
    lane.asksAt = Math.ceil(next / tick) * tick;
    wake(lane.asksAt, lane);
  }

  /** Ends what is over of executors; returns whether they end with it. */
  end(lane: SimulatedLane, executors: FillingExecutors, now: Micros): boolean {
    for (const { began, tasks } of executors.end(now)) {
      lane.endRounds(executors.count, tasks * executors.count, now - began, now);
    }
    if (!executors.isIdle || !lane.filling.delete(executors)) return false;
    lane.asking += executors.count * executors.asked(now);
    return true;
  }

  /** Has executors take as many of the waiting tasks as they have places for, and as DynamoDB takes the writes of. */
  #take(lane: SimulatedLane, executors: FillingExecutors, now: Micros): void {
    const { writes } = this.#options;
    while (executors.free > 0) {
      const waiting = Math.min(lane.queue.tasks, ...writes.map((limit) => limit.attempts(now)));
      if (waiting === 0) return;
      const takers = waiting < executors.count ? this.#part(lane, executors, waiting) : executors;
      const each = Math.min(takers.free, Math.floor(waiting / takers.count));
      for (const limit of writes) limit.write(each * takers.count * limit.target.perAttempt, now);
      lane.receives += Math.ceil(each / MOST_RECEIVED) * takers.count;
      this.#place(lane, takers, each, now, 0);
      if (takers !== executors) return;
    }
  }

  #part(lane: SimulatedLane, executors: FillingExecutors, count: number): FillingExecutors {
    const parted = executors.split(count);
    lane.filling.add(parted);
    for (const at of parted.ends) this.#options.free(at, lane, parted);
    return parted;
  }

  /** Has each of the executors begin so many tasks from the front of the queue, `after` this moment. */
  #place(lane: SimulatedLane, executors: FillingExecutors, tasks: number, now: Micros, after: Micros): void {
    const { service, random, tick, round, free } = this.#options;
    lane.start(tasks * executors.count, now, service.delivery + after);
    const parts = service.spread === 'fixed' ? [tasks] : Array<number>(tasks).fill(1);
    for (const part of parts) {
      const ends = Math.max(round(now + after + attemptOf(service, random)), now + tick);
      executors.add(now + after, ends, part);
      free(ends, lane, executors);
    }
  }
}
