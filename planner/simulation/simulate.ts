import { LANE_RETENTION_DAYS, SHARED_LANE_KINDS } from '../../functions/contract.ts';
import type { Scenario } from '../scenario.ts';
import { DAY, type Micros, SECOND } from '../time.ts';
import { Filler } from './filler.ts';
import type { FillingExecutors } from './filling-executors.ts';
import { Environments } from './lambda-scaling.ts';
import { expectedTasks, nextArrival } from './load.ts';
import { Agenda } from './queues.ts';
import { courseOf, type Random, seededRandom } from './service.ts';
import { type LaneResult, SimulatedLane } from './simulated-lane.ts';
import { WriteLimit, type WriteResult } from './table-writes.ts';
import { TokenBucket } from './token-bucket.ts';

export type Simulation = {
  readonly lanes: readonly LaneResult[];
  /** When the last task ended, or when the simulation was given up. */
  readonly lasted: Micros;
  /** Steps of time into which events were gathered; 1 µs where every task was on its own. */
  readonly tick: Micros;
  readonly environmentsMade: number;
  readonly lambdaThrottles: number;
  readonly apiThrottles: number;
  readonly writes: readonly WriteResult[];
};

type Event =
  | { readonly kind: 'arrived'; readonly lane: SimulatedLane; readonly tasks: number }
  | {
      readonly kind: 'ended';
      readonly lane: SimulatedLane;
      readonly invocations: number;
      readonly tasks: number;
      readonly began: Micros;
    }
  | { readonly kind: 'freed'; readonly lane: SimulatedLane; readonly executors: FillingExecutors }
  | { readonly kind: 'woken'; readonly lane: SimulatedLane }
  | { readonly kind: 'governed' };

/** Up to here each task is an event of its own. */
const EXACT_TASKS = 100_000;
/** Beyond, an invocation spans at least so many ticks, unless that were too many for the whole. */
const TICKS_AN_INVOCATION = 50;
const FEWEST_TICKS_AN_INVOCATION = 5;
const TICKS_OF_LOAD = 400_000;

/** Then, of many invocations that begin at once, so many different lengths are drawn. */
const MOST_LENGTHS = 50;

/** An event source that Lambda has refused tries again after a while that is not documented. */
const RETRY_AFTER: Micros = SECOND;

/** After so long a lane lets go of what it holds. */
const LONGEST: Micros = LANE_RETENTION_DAYS * DAY;

/** Plays the scenario until every task has ended, and no longer than a lane keeps one. */
export function simulate(scenario: Scenario): Simulation {
  return new SimulationRun(scenario).play();
}

class SimulationRun {
  readonly #scenario: Scenario;
  readonly #random: Random;
  readonly #agenda = new Agenda<Event>();
  readonly #lanes: readonly SimulatedLane[];
  readonly #environments: Environments;
  readonly #api: TokenBucket;
  readonly #writes: readonly WriteLimit[];
  readonly #tick: Micros;
  readonly #filler: Filler | undefined;
  #arriving = 0;
  #apiThrottles = 0;

  constructor(scenario: Scenario) {
    const { load, lanes, reserved, seed, tableSize, writes, api } = scenario;
    this.#scenario = scenario;
    this.#random = seededRandom(seed);
    this.#lanes = SHARED_LANE_KINDS.map((kind) => new SimulatedLane(kind, load.mix[kind] ?? 0, lanes[kind]));
    this.#environments = new Environments(reserved);
    this.#api = new TokenBucket(api.perSecond, api.burst);
    this.#writes = writes.map((target) => new WriteLimit(target, tableSize));
    this.#tick = tickOf(scenario);
    const { service, filling } = scenario;
    const agenda = {
      tick: this.#tick,
      round: (at: Micros) => this.#rounded(at),
      wake: (at: Micros, lane: SimulatedLane) => this.#agenda.add(at, { kind: 'woken', lane }),
      free: (at: Micros, lane: SimulatedLane, executors: FillingExecutors) =>
        this.#agenda.add(at, { kind: 'freed', lane, executors }),
    };
    if (filling) this.#filler = new Filler({ service, filling, writes: this.#writes, random: this.#random, ...agenda });
  }

  play(): Simulation {
    for (const lane of this.#lanes) {
      lane.submit(Math.round(this.#scenario.load.backlog * lane.share), 0);
      this.#dispatch(lane, 0);
      this.#expect(lane, 0);
    }
    // Whatever begins has to wait for the next look at it, of a whole period at worst.
    this.#agenda.add(this.#scenario.control.period, { kind: 'governed' });
    let now: Micros = 0;
    for (let next = this.#agenda.next(); next !== undefined && next.at <= LONGEST; next = this.#agenda.next()) {
      now = next.at;
      for (const event of next.events) this.#happen(event, now);
      for (const lane of this.#lanes) this.#dispatch(lane, now);
      if (this.#isOver) break;
    }
    return {
      lanes: this.#lanes.map((lane) => lane.result(now)),
      lasted: now,
      tick: this.#tick,
      environmentsMade: this.#environments.made,
      lambdaThrottles: this.#environments.throttled,
      apiThrottles: this.#apiThrottles,
      writes: this.#writes.map((limit) => limit.result()),
    };
  }

  get #isOver(): boolean {
    return this.#arriving === 0 && this.#lanes.every((lane) => lane.isIdle);
  }

  #happen(event: Event, now: Micros): void {
    switch (event.kind) {
      case 'arrived':
        this.#arriving--;
        this.#submit(event.lane, event.tasks, now);
        this.#expect(event.lane, now);
        break;
      case 'ended':
        event.lane.endRounds(event.invocations, event.tasks, now - event.began, now);
        this.#end(event.lane, event.invocations, now);
        break;
      case 'freed':
        if (this.#filler?.end(event.lane, event.executors, now)) this.#end(event.lane, event.executors.count, now);
        break;
      case 'woken':
        if (event.lane.wakeAt === now) event.lane.wakeAt = undefined;
        if (event.lane.asksAt === now) event.lane.asksAt = undefined;
        break;
      case 'governed':
        this.#govern(now);
    }
  }

  #expect(lane: SimulatedLane, now: Micros): void {
    const arrival = nextArrival(this.#scenario.load, lane.share, now, this.#tick, this.#random);
    if (arrival === undefined) return;
    this.#arriving++;
    this.#agenda.add(arrival.at, { kind: 'arrived', lane, tasks: arrival.tasks });
  }

  #submit(lane: SimulatedLane, tasks: number, now: Micros): void {
    const { bulk } = this.#scenario.load;
    const requests = tasks / bulk;
    const taken = this.#api.take(requests, now);
    this.#apiThrottles += requests - taken;
    lane.refuse((requests - taken) * bulk);
    lane.submit(taken * bulk, now);
    if (!lane.admits) return;
    for (const limit of this.#writes) limit.write(taken * bulk * limit.target.perSubmit, now);
  }

  #govern(now: Micros): void {
    const { control } = this.#scenario;
    const decisions = control.decide(
      this.#lanes.map((lane) => lane.read()),
      now,
    );
    for (const lane of this.#lanes) {
      const decision = decisions.get(lane.kind);
      if (decision === undefined) continue;
      lane.source.maximumConcurrency = decision.maximumConcurrency;
      lane.setAdmits(decision.admits, now);
    }
    this.#agenda.add(now + control.period, { kind: 'governed' });
  }

  /** Begins what can begin on a lane, and sees to it that the rest is tried again when more can. */
  #dispatch(lane: SimulatedLane, now: Micros): void {
    if (lane.queue.tasks > 0 && lane.wakeAt === undefined && !this.#gathers(lane, now)) {
      const retryAfter = this.#begin(lane, now);
      if (retryAfter !== undefined && lane.queue.tasks > 0) {
        lane.wakeAt = Math.ceil((now + Math.max(retryAfter, this.#tick)) / this.#tick) * this.#tick;
        this.#agenda.add(lane.wakeAt, { kind: 'woken', lane });
      }
    }
    this.#filler?.fill(lane, now);
    lane.source.observe(lane.queue.tasks, lane.running);
  }

  /** Whether a lane waits for more to come, and is tried again when it has waited long enough. */
  #gathers(lane: SimulatedLane, now: Micros): boolean {
    const batchWindow = this.#scenario.batchWindows[lane.kind];
    const { oldest } = lane.queue;
    if (batchWindow === undefined || oldest === undefined || lane.queue.tasks >= batchWindow.tasks) return false;
    const until = Math.ceil((oldest + batchWindow.wait) / this.#tick) * this.#tick;
    if (until <= now) return false;
    if (lane.gathersUntil !== until) this.#agenda.add(until, { kind: 'woken', lane });
    lane.gathersUntil = until;
    return true;
  }

  #batchSize = ({ kind }: SimulatedLane): number =>
    this.#scenario.batchWindows[kind]?.tasks ?? this.#scenario.batchSize;

  /** Returns how long what it needs is going to lack; `undefined` if only the end of an invocation can help. */
  #begin(lane: SimulatedLane, now: Micros): Micros | undefined {
    const batchSize = this.#batchSize(lane);
    const room = lane.source.allowed(now) - lane.running;
    if (room <= 0) return lane.source.untilMore();
    const wanted = Math.min(lane.queue.tasks, room * batchSize);
    const tasks = Math.min(wanted, ...this.#writes.map((limit) => limit.attempts(now)));
    const invocations = Math.ceil(tasks / batchSize);
    const { warm, cold } = this.#environments.take(invocations, now);
    const inWarm = Math.min(tasks, warm * batchSize);
    const inCold = Math.min(tasks - inWarm, cold * batchSize);
    this.#start(lane, inWarm, 0, now);
    this.#start(lane, inCold, this.#scenario.service.coldStart, now);
    const unwritten = wanted - tasks;
    for (const limit of this.#writes) limit.write((inWarm + inCold) * limit.target.perAttempt, now);
    if (unwritten > 0) return this.#hold(lane, Math.min(unwritten, batchSize), now);
    return warm + cold < invocations ? RETRY_AFTER : lane.source.untilMore();
  }

  /** Returns how long until so many attempts can be written. */
  #hold(lane: SimulatedLane, attempts: number, now: Micros): Micros {
    const held = Math.max(...this.#writes.map((limit) => limit.until(attempts, now)), this.#tick);
    lane.heldByTable += held;
    return held;
  }

  #start(lane: SimulatedLane, tasks: number, coldStart: Micros, now: Micros): void {
    const batchSize = this.#batchSize(lane);
    const full = Math.floor(tasks / batchSize);
    const lengths = this.#lengths(full);
    for (let left = lengths; left > 0; left--) {
      const upTo = (part: number): number => Math.floor((full * part) / lengths);
      this.#invoke(lane, upTo(left) - upTo(left - 1), batchSize, coldStart, now);
    }
    if (tasks > full * batchSize) this.#invoke(lane, 1, tasks - full * batchSize, coldStart, now);
  }

  /** Returns into how many different lengths invocations are divided that begin at once. */
  #lengths(invocations: number): number {
    if (this.#scenario.service.spread === 'fixed') return Math.min(1, invocations);
    return this.#tick === 1 ? invocations : Math.min(invocations, MOST_LENGTHS);
  }

  /** Begins several invocations that go the same way. */
  #invoke(lane: SimulatedLane, invocations: number, size: number, coldStart: Micros, now: Micros): void {
    const { service, batchWindows } = this.#scenario;
    if (batchWindows[lane.kind] === undefined && this.#filler?.mayFill(size)) {
      this.#filler.begin(lane, invocations, size, coldStart, now);
      return;
    }
    const workers = batchWindows[lane.kind] === undefined ? service.concurrencyPerInvocation : size;
    const course = courseOf(size, { ...service, concurrencyPerInvocation: workers }, this.#random);
    for (const { after, tasks } of course.starts) {
      lane.start(tasks * invocations, now, service.delivery + coldStart + after);
    }
    lane.begin(invocations, now);
    const end = this.#rounded(now + coldStart + course.lasts);
    this.#agenda.add(end, { kind: 'ended', lane, invocations, tasks: size * invocations, began: now + coldStart });
  }

  #end(lane: SimulatedLane, invocations: number, now: Micros): void {
    this.#environments.release(invocations, now);
    lane.end(invocations, now);
  }

  /** Rounds to a tick, up or down by chance, so that the mean stays what it is. */
  #rounded(at: Micros): Micros {
    return this.#tick === 1 ? at : Math.floor(at / this.#tick + this.#random()) * this.#tick;
  }
}

/** Chooses a step of time that leaves invocations long enough to be told apart, and the whole short enough to be played. */
function tickOf({ load, service, lanes, batchSize }: Scenario): Micros {
  const tasks = expectedTasks(load);
  if (tasks <= EXACT_TASKS) return 1;
  const { lasts } = courseOf(batchSize, { ...service, spread: 'fixed' }, () => 0);
  const executors = SHARED_LANE_KINDS.reduce((sum, kind) => sum + lanes[kind], 0);
  const whole = load.lasting + (tasks / (executors * batchSize)) * lasts;
  const most = lasts / FEWEST_TICKS_AN_INVOCATION;
  return Math.max(1, Math.round(Math.min(most, Math.max(lasts / TICKS_AN_INVOCATION, whole / TICKS_OF_LOAD))));
}
