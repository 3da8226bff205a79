import { shardOf } from '../../functions/core/lane/routing.ts';
import type { Statistics, TenantUsage } from '../../functions/core/ports.ts';
import { durationBucketOf, MINUTE, minuteOf, sumOf, type Tally } from '../../functions/core/statistics.ts';
import { costOfChange } from '../../functions/core/task/cost.ts';
import type { LeaseToken, TenantId } from '../../functions/core/task/ids.ts';
import { isFinished, type NewTask, newTask, type RunningTask, type Task } from '../../functions/core/task/task.ts';
import { cancelled, claimed, retried, settled } from '../../functions/core/task/transition.ts';
import { type Change, projectChanges } from '../../functions/projector/changes.ts';
import { updateStatistics } from '../../functions/projector/update-statistics.ts';
import { chance } from './chance.ts';
import { PRICES } from './step-prices.ts';
import { taskSeed } from './task-seed.ts';

const USAGE = { submittedTogether: 1, executorMilliseconds: 7, writeUnits: 2 };
const TYPES = ['greet', 'echo'];
const SHARDS = 3;
const LONGEST_BATCH = 100;
const error = { code: 'boom', message: 'it went wrong', retryable: true };

/** These go wrong between a stream and its function, as Lambda documents it: "at least once", and in order at first. */
const FAULTS = [
  'the answer is lost',
  'a row refuses',
  'bisected after it was counted',
  'delivered twice at once',
  'old changes again',
  'from an earlier place again',
] as const;

/** Lives the lives of many tasks: the rows of their table, its stream, and what happened as it was done, counted by hand. */
export class TaskHistory {
  readonly rows = new Map<string, Task>();
  readonly #shards: Change[][] = Array.from({ length: SHARDS }, () => []);
  readonly #counted: (readonly [row: string, Tally])[] = [];
  readonly #chance: ReturnType<typeof chance>;
  readonly #tenantIds: readonly TenantId[];
  readonly #start: number;
  /** Returns the ids of tasks to whom something may still happen. */
  readonly #recent: string[] = [];
  #now: number;
  #sequence = 99_990;

  constructor({ tenantIds, start, seed }: { tenantIds: readonly TenantId[]; start: number; seed: number }) {
    this.#tenantIds = tenantIds;
    this.#chance = chance(seed);
    this.#start = start;
    this.#now = start;
  }

  /** Submits so many tasks, and lets them, one in between another, come to an end or to wherever they are then. */
  live(tasks: number): void {
    for (let submitted = 0; submitted < tasks; ) {
      this.#now += this.#chance.below(40);
      if (this.rows.size === 0 || this.#chance.next() < 0.3) {
        this.#submit();
        submitted++;
      } else {
        this.#go(this.#chance.pick(this.#recent));
      }
    }
  }

  #submit(): void {
    const runAt = this.#chance.next() < 0.2 ? { runAt: this.#now + this.#chance.below(3_000) } : {};
    const seed = taskSeed({
      tenantId: this.#chance.pick(this.#tenantIds),
      type: this.#chance.pick(TYPES),
      createdAt: this.#now,
      ...runAt,
    });
    this.#recent.push(seed.id);
    if (this.#recent.length > 200) this.#recent.shift();
    // The insert of some fails, and the claim makes the row.
    if (this.#chance.next() < 0.1) this.#claim(undefined, newTask(seed), { accepted: 1 });
    else this.#write(undefined, newTask(seed), { accepted: 1 });
  }

  #claim(before: Task | undefined, task: NewTask | RunningTask, more: Tally = {}): void {
    this.#now = Math.max(this.#now, task.runAt ?? 0);
    const wait = this.#now - Math.max(task.createdAt, task.runAt ?? 0);
    const lease = { token: `lease-${this.#sequence}` as LeaseToken, expiresAt: this.#now + 1_000 };
    const first: Tally = task.attempt === 0 ? { [`wait_${durationBucketOf(wait)}`]: 1 } : {};
    this.#write(before, claimed(task, lease, this.#now), { ...more, started: 1, ...first });
  }

  /** Returns what may come next in a task's life. */
  #go(id: string): void {
    const task = this.rows.get(id);
    // None of them is fanned out.
    if (task === undefined || task.status === 'waiting') return;
    const die = this.#chance.next();
    if (task.status === 'running') this.#goOn(task, die);
    else if (isFinished(task)) {
      if (task.status !== 'succeeded' && die < 0.3) this.#write(task, retried(task), { reopened: 1 });
    } else if (die < 0.1) this.#write(task, cancelled(task, this.#now), { cancelled: 1 });
    else if (die < 0.2) this.#write(task, { ...task }, {});
    else this.#claim(task, task);
  }

  #goOn(task: RunningTask, die: number): void {
    const ran: Tally = { [`run_${durationBucketOf(this.#now - task.startedAt)}`]: 1 };
    const finishedAt = this.#now;
    if (die < 0.5) {
      const succeeded = settled(task, { status: 'succeeded', output: { inline: 1 }, finishedAt });
      this.#write(task, succeeded, { succeeded: 1, ...ran });
    } else if (die < 0.65) {
      this.#write(task, settled(task, { status: 'failed', error, finishedAt }), { failed: 1, ...ran });
    } else if (die < 0.7) {
      this.#write(task, settled(task, { status: 'cancelled', finishedAt }), { cancelled: 1, ...ran });
    } else if (die < 0.85) {
      this.#write(task, settled(task, { status: 'queued', error, notBefore: this.#now }), { retried: 1 });
    } else if (die < 0.9) {
      this.#write(task, { ...task, cancelRequestedAt: this.#now }, {});
    } else this.#claim(task, task);
  }

  #write(before: Task | undefined, after: Task, counted: Tally): void {
    const at = Math.floor(this.#now / 1000) * 1000;
    this.rows.set(after.id, after);
    this.#sequence += 1 + this.#chance.below(9);
    this.#shards[shardOf(after.id, SHARDS)]?.push({
      sequenceNumber: String(this.#sequence),
      at,
      before: () => before,
      after: () => after,
      usage: USAGE,
    });
    const former = before?.createdAt === after.createdAt ? before : undefined;
    const cost = costOfChange(former, after, at, USAGE, PRICES);
    const paid = Object.fromEntries(Object.entries(cost).filter(([, amount]) => amount > 0));
    this.#counted.push([rowOf(after.tenantId, after.type, minuteOf(at)), { ...counted, ...paid }]);
  }

  /** Has the projector count the stream, in batches of any size; a share of them (0 to 1) meets a fault. */
  async deliver(statistics: Statistics, { faults, seed }: { faults: number; seed: number }): Promise<void> {
    const { next, below, pick } = chance(seed);
    const places = this.#shards.map(() => 0);
    const unfinished = () => [...places.keys()].filter((shard) => (places[shard] ?? 0) < this.#changes(shard).length);
    for (let open = unfinished(); open.length > 0; open = unfinished()) {
      const shard = pick(open);
      const changes = this.#changes(shard);
      const place = places[shard] ?? 0;
      const batch = changes.slice(place, place + 1 + below(LONGEST_BATCH));
      const send = (part: readonly Change[], to = statistics) =>
        projectChanges(
          part,
          (taken) => updateStatistics(`shard-${shard}`, taken, { statistics: to, prices: PRICES, log: () => {} }),
          () => {},
        );
      const middle = below(batch.length);
      switch (next() < faults ? pick(FAULTS) : undefined) {
        case 'the answer is lost':
          await send(batch);
          continue;
        case 'bisected after it was counted':
          await send(batch);
          await send(batch.slice(0, middle));
          await send(batch.slice(middle));
          break;
        case 'delivered twice at once':
          await Promise.all([send(batch), send(batch.slice(0, middle)), send(batch)]);
          break;
        case 'old changes again':
          await send(changes.slice(Math.max(0, place - below(300)), place));
          continue;
        case 'from an earlier place again':
          places[shard] = Math.max(0, place - below(300));
          continue;
        case 'a row refuses': {
          const failed = await send(batch, refusing(statistics, next));
          if (failed === undefined) break;
          places[shard] = place + batch.findIndex((change) => change.sequenceNumber === failed);
          continue;
        }
        default:
          await send(batch);
      }
      places[shard] = place + batch.length;
    }
  }

  #changes(shard: number): readonly Change[] {
    return this.#shards[shard] ?? [];
  }

  /** Returns the statistics as they must be: by minute from what was done, and the open tasks from the rows. */
  expected(): Sums {
    const groups = Map.groupBy(this.#counted, ([row]) => row);
    const minutes = [...groups].map(([row, group]) => [row, sumOf(group.map(([, tally]) => tally))] as const);
    const rows = [...this.rows.values()];
    return {
      minutes: Object.fromEntries(minutes.filter(([, tally]) => Object.keys(tally).length > 0)),
      open: this.#tenantIds.map((id) => rows.filter((row) => row.tenantId === id && !isFinished(row)).length),
    };
  }

  /** Returns the statistics as they are. */
  async sums(statistics: Statistics & TenantUsage): Promise<Sums> {
    const minutes: [string, Tally][] = [];
    for (const tenantId of this.#tenantIds) {
      for (const type of TYPES) {
        const found = await statistics.minutes(tenantId, type, minuteOf(this.#start), this.#now + MINUTE);
        minutes.push(...found.map(({ minute, tally }): [string, Tally] => [rowOf(tenantId, type, minute), tally]));
      }
    }
    return {
      minutes: Object.fromEntries(minutes),
      open: await Promise.all(this.#tenantIds.map((tenantId) => statistics.openTasks(tenantId))),
    };
  }
}

type Sums = { readonly minutes: Readonly<Record<string, Tally>>; readonly open: readonly number[] };

const rowOf = (tenantId: TenantId, type: string, minute: number): string =>
  `${tenantId} ${type} ${new Date(minute).toISOString()}`;

/** Makes statistics whose rows take only some of what they are given. */
const refusing = (statistics: Statistics, random: () => number): Statistics => ({
  add: async (...args) => {
    if (random() < 0.3) throw new Error('throttled');
    await statistics.add(...args);
    // This one is written, and its answer is lost.
    if (random() < 0.1) throw new Error('timed out');
  },
  minutes: (...args) => statistics.minutes(...args),
  types: (...args) => statistics.types(...args),
  tenants: () => statistics.tenants(),
});
