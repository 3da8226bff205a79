import { isDeepStrictEqual } from 'node:util';
import { SWEEP_PERIOD_SECONDS } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { type IdHolder, isTombstone, type Tombstone } from '../../core/deletion/tombstone.ts';
import type { ParentKey } from '../../core/fan-out/fan-outs.ts';
import type {
  AttemptUsage,
  CancelResult,
  ClaimResult,
  DueTask,
  DueTasks,
  Heartbeat,
  InsertResult,
  LeaseState,
  RetryResult,
  TaskStore,
} from '../../core/ports.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';
import {
  isFinished,
  type NewTask,
  newTask,
  type RunningTask,
  type Task,
  type TaskSeed,
  type WaitingTask,
} from '../../core/task/task.ts';
import type { TaskCount, TaskPage, TaskQuery } from '../../core/task/task-list.ts';
import {
  amended,
  cancelled,
  claimability,
  claimed,
  givesWayTo,
  isRetryable,
  isSettledBy,
  type Lease,
  retried,
  rowDaysOf,
  type Settlement,
  settled,
} from '../../core/task/transition.ts';
import type { KeyBinding, KeyHolder } from '../../core/tenant/key-binding.ts';
import { foundInstead } from '../found-instead.ts';
import { LaggingIndex, NO_LAG } from './lagging-index.ts';
import { duePages, type Wait } from './memory-due-pages.ts';
import { MemoryPlaceholders } from './memory-placeholders.ts';
import { countOf, pageOf } from './memory-task-list.ts';

const DAY = 86_400_000;

/** Keeps tasks in a map, by the domain's own transitions and under the same contract as on DynamoDB. */
export class MemoryTaskStore implements TaskStore, DueTasks {
  readonly #rows = new Map<string, Task>();
  readonly #placeholders = new MemoryPlaceholders();
  readonly #waits: LaggingIndex<Wait>;
  readonly #retentionDays: number;
  /** A test that sets this is told of every write of a row. */
  watch: (before: Task | undefined, after: Task) => void = () => {};

  /** `lag` is that of the index that lists what waits for the clock. */
  constructor({ retentionDays = 14, lag = NO_LAG } = {}) {
    this.#retentionDays = retentionDays;
    this.#waits = new LaggingIndex(lag);
  }

  async insert(task: NewTask, dueAt?: number): Promise<InsertResult> {
    const holder = this.#holder(task, task.createdAt);
    if (holder !== undefined) return foundInstead(holder);
    this.#write(task);
    if (dueAt !== undefined) this.#waits.put(keyOf(task), { dueAt });
    return { result: 'inserted' };
  }

  async bindKey(binding: KeyBinding, now: number): Promise<InsertResult> {
    const place = { tenantId: binding.tenantId, id: binding.keyId };
    const holder = this.#holder(place, now);
    if (holder !== undefined) return foundInstead(holder);
    this.#forget(place);
    this.#placeholders.put(keyOf(place), binding);
    return { result: 'inserted' };
  }

  async getByKey(tenantId: TenantId, keyId: TaskId, now: number): Promise<KeyHolder | undefined> {
    const holder = this.#holder({ tenantId, id: keyId }, now);
    return holder === undefined || isTombstone(holder) ? undefined : holder;
  }

  async claim(seed: TaskSeed, lease: Lease, now: number): Promise<ClaimResult> {
    const refusal = this.#placeholders.refusalOf(keyOf(seed), seed, now);
    if (refusal !== undefined) return { result: refusal };
    const found = this.#rowFor(seed, now) ?? newTask(seed);
    if (found.status === 'running' && found.leaseToken === lease.token) return { result: 'claimed', task: found };
    const allowed = claimability(found, seed.fingerprint, now);
    if (allowed.result !== 'claimable') return allowed;
    const task = claimed(found as NewTask | RunningTask, lease, now);
    this.#write(task);
    return { result: 'claimed', task };
  }

  async settle(task: RunningTask, settlement: Settlement, _usage?: AttemptUsage): ReturnType<TaskStore['settle']> {
    const found = this.#rows.get(keyOf(task));
    if (found?.status !== 'running' || found.leaseToken !== task.leaseToken) {
      return found !== undefined && isSettledBy(found, task.attempt, settlement) ? 'settled' : 'lost';
    }
    const goesOn = settlement.status === 'queued' || settlement.status === 'waiting';
    if (goesOn && found.cancelRequestedAt !== undefined) return 'cancel_requested';
    if (goesOn) this.#write(settled(found, settlement));
    else this.#put(settled(found, settlement));
    if (settlement.status === 'waiting') this.#waits.put(keyOf(task), { dueAt: settlement.reconcileAt });
    if (settlement.status === 'queued' && settlement.dueAt !== undefined) {
      this.#waits.put(keyOf(task), { dueAt: settlement.dueAt });
    }
    return 'settled';
  }

  checkAll(tasks: readonly RunningTask[], leaseExpiresAt?: number): Promise<LeaseState[]> {
    return Promise.all(tasks.map((task) => this.check(task, { leaseExpiresAt })));
  }

  async check(task: RunningTask, { progress, leaseExpiresAt }: Heartbeat = {}): Promise<LeaseState> {
    const found = this.#rows.get(keyOf(task));
    if (found?.status !== 'running' || found.leaseToken !== task.leaseToken) return 'lost';
    const renewed = compact({ progress, leaseExpiresAt });
    if (Object.keys(renewed).length > 0) this.#write({ ...found, ...renewed });
    return found.cancelRequestedAt === undefined ? 'held' : 'cancel_requested';
  }

  /** Makes something else of a task that this attempt has fanned out, if it waits; returns `undefined` where it does not. */
  endWait<T extends Task>(
    { attempt, ...key }: ParentKey,
    dueAt: number,
    become: (task: WaitingTask) => T,
  ): T | undefined {
    const found = this.#rows.get(keyOf(key));
    if (found?.status !== 'waiting' || found.attempt !== attempt) return undefined;
    const task = become(found);
    this.#put(task);
    this.#waits.put(keyOf(key), { dueAt });
    return task;
  }

  async cancel(...[tenantId, id, now, of]: Parameters<TaskStore['cancel']>): Promise<CancelResult> {
    const found = this.#find({ tenantId, id }, now);
    if (found === undefined) return { result: 'missing' };
    if (isFinished(found)) return { result: 'finished', task: found };
    if (of !== undefined && (found.parent?.attempt ?? 0) > of.attempt) return { result: 'missing' };
    if (found.status === 'running') {
      const task = { cancelRequestedAt: now, ...found };
      this.#write(task);
      return { result: 'requested', task };
    }
    const task = cancelled(found, now);
    this.#put(task);
    if (found.status === 'waiting') this.#waits.put(keyOf(task), { dueAt: now + SWEEP_PERIOD_SECONDS * 1000 });
    return { result: 'cancelled', task };
  }

  async retry(...[tenantId, id, now, dueAt, terms = {}]: Parameters<TaskStore['retry']>): Promise<RetryResult> {
    const found = this.#find({ tenantId, id }, now);
    if (found === undefined) return { result: 'missing' };
    if (!isRetryable(found, terms)) return { result: 'refused', task: found };
    const task = retried(found, terms);
    this.#put(task);
    this.#waits.put(keyOf(task), { dueAt });
    return { result: 'queued', task };
  }

  async amend(...[task, terms]: Parameters<TaskStore['amend']>): Promise<'amended' | 'lost'> {
    const found = this.#rows.get(keyOf(task));
    if (found?.status !== task.status || found.finishedAt !== task.finishedAt) return 'lost';
    if (!isDeepStrictEqual([found.input, found.fanOut], [task.input, task.fanOut])) return 'lost';
    this.#write(amended(found, terms));
    return 'amended';
  }

  async hold(seed: TaskSeed, now: number): Promise<'held' | 'lost'> {
    if (this.#placeholders.refusalOf(keyOf(seed), seed, now) !== undefined) return 'lost';
    const found = this.#rowFor(seed, now) ?? newTask(seed);
    if (found.fingerprint !== seed.fingerprint) return 'lost';
    if (found.status !== 'scheduled' && found.status !== 'queued') return 'lost';
    this.#put(found);
    this.#waits.put(keyOf(found), { dueAt: now, heldType: found.type });
    return 'held';
  }

  async get(tenantId: TenantId, taskId: TaskId, now: number): Promise<Task | undefined> {
    return this.#find({ tenantId, id: taskId }, now);
  }

  async getAll(tenantId: TenantId, taskIds: readonly TaskId[], now: number): Promise<readonly Task[]> {
    if (new Set(taskIds).size < taskIds.length) throw new Error('Provided list of item keys contains duplicates');
    return taskIds.flatMap((id) => this.#find({ tenantId, id }, now) ?? []);
  }

  async list(query: TaskQuery, now: number): Promise<TaskPage> {
    return pageOf(this.#shown(query.tenantId, now), query, now);
  }

  async count({ tenantId, filter }: Pick<TaskQuery, 'tenantId' | 'filter'>, now: number): Promise<TaskCount> {
    return countOf(this.#shown(tenantId, now), filter, now);
  }

  #shown(tenantId: TenantId, now: number): Task[] {
    return [...this.#rows.values()].filter((task) => task.tenantId === tenantId && this.#find(task, now) !== undefined);
  }

  due(now: number, limit: number): AsyncIterable<readonly DueTask[]> {
    return duePages(this.#waits, this.#rows, ({ dueAt, heldType }) => heldType === undefined && dueAt <= now, limit);
  }

  held(type: string, now: number, limit: number): AsyncIterable<readonly DueTask[]> {
    return duePages(this.#waits, this.#rows, ({ dueAt, heldType }) => heldType === type && dueAt <= now, limit);
  }

  async release({ task, dueAt }: DueTask, executorKey?: string): Promise<'released' | 'lost'> {
    if (this.#waits.get(keyOf(task))?.dueAt !== dueAt) return 'lost';
    const found = this.#rows.get(keyOf(task));
    if (found !== undefined && executorKey !== undefined) this.#write({ ...found, executorKey });
    this.#waits.remove(keyOf(task));
    return 'released';
  }

  async postpone({ task, dueAt }: DueTask, until: number): Promise<'postponed' | 'lost'> {
    const wait = this.#waits.get(keyOf(task));
    if (wait?.dueAt !== dueAt) return 'lost';
    this.#waits.put(keyOf(task), { ...wait, dueAt: until });
    return 'postponed';
  }

  /** Puts a tombstone in the place of a task. */
  bury(tombstone: Tombstone): void {
    this.#forget(tombstone);
    this.#placeholders.put(keyOf(tombstone), tombstone);
  }

  /** Returns what stands in the place of a task that was deleted. */
  tombstoneOf(place: Key, now: number): Tombstone | undefined {
    return this.#placeholders.tombstoneAt(keyOf(place), now);
  }

  #forget(place: Key): void {
    this.#rows.delete(keyOf(place));
    this.#waits.remove(keyOf(place));
  }

  /** Counts the tasks that wait for the clock, or to be looked after, whatever the index tells. */
  get waitingTasks(): number {
    return this.#waits.size;
  }

  /** Writes a row as nobody may: for those who try what becomes of faults. */
  overwrite(task: Task): void {
    this.#put(task);
  }

  /** Writes what a transition has made; the task does not wait for the clock any more. */
  #put(task: Task): void {
    this.#write(task);
    this.#waits.remove(keyOf(task));
  }

  #write(task: Task): void {
    this.#placeholders.remove(keyOf(task));
    this.watch(this.#rows.get(keyOf(task)), task);
    this.#rows.set(keyOf(task), task);
  }

  /** Returns the row as a message of `seed` meets it: shown or not, until TTL deletes it. */
  #rowFor(seed: TaskSeed, now: number): Task | undefined {
    const row = this.#rows.get(keyOf(seed));
    const isGone = row !== undefined && isFinished(row) && row.finishedAt + rowDaysOf(this.#daysOf(row)) * DAY <= now;
    if (row === undefined || isGone) return undefined;
    return this.#find(seed, now) === undefined && givesWayTo(row, seed) ? undefined : row;
  }

  #holder(place: Key, now: number): IdHolder | undefined {
    return this.#placeholders.at(keyOf(place), now) ?? this.#find(place, now);
  }

  #find(key: Key, now: number): Task | undefined {
    const found = this.#rows.get(keyOf(key));
    const expired = found !== undefined && isFinished(found) && found.finishedAt + this.#daysOf(found) * DAY <= now;
    return expired ? undefined : found;
  }

  #daysOf({ retentionDays = this.#retentionDays }: Task): number {
    return retentionDays;
  }
}

type Key = { readonly tenantId: TenantId; readonly id: TaskId };
const keyOf = ({ tenantId, id }: Key): string => `${tenantId}#${id}`;
