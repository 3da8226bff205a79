import type { JsonValue } from '../json.ts';
import { parseTaskId, type TaskId, type TenantId, tableShardOf, taskIdOf, uniqueFromKey } from '../task/ids.ts';
import type { TenantLimits } from '../tenant/tenant-limits.ts';
import type { Missed, Overlap } from './policies.ts';

declare const brand: unique symbol;

/** Has the form of a task's id: its shard is that of the tables in which the tasks of its firings are. */
export type ScheduleId = string & { readonly [brand]: 'ScheduleId' };

/** When a schedule fires: by the clock of a time zone, or so many minutes after the time before. */
export type Cadence = { readonly cron: string; readonly timezone: string } | { readonly rateMinutes: number };

/**
 * What became of a firing. `fired`: its task is there. `skipped`: the task before has not ended. `refused`: a submit would have
 * been refused, or could not be kept, so that it is tried again.
 */
export type FiringOutcome = 'fired' | 'skipped' | 'refused';

export type LastFiring = {
  /** When it was due. */
  readonly time: number;
  /** When it became what it is. */
  readonly at: number;
  readonly outcome: FiringOutcome;
  /** Why it has no task. */
  readonly reason?: string;
};

/** A schedule as it is kept. Times are milliseconds since the epoch. */
export type Schedule = {
  readonly id: ScheduleId;
  readonly tenantId: TenantId;
  readonly name?: string;
  readonly type: string;
  readonly input: JsonValue;
  readonly cadence: Cadence;
  readonly overlap: Overlap;
  readonly missed: Missed;
  /** Whether it is of a definition, and goes with it. */
  readonly isOfDefinition: boolean;
  /** The limits of the key that it was made or last changed with: its tasks count against them. */
  readonly limits?: TenantLimits;
  readonly createdAt: number;
  /** Names what was asked for, where it was made with an idempotency key. */
  readonly fingerprint?: string;
  /** Counts the writes of its row: who has seen an older one may not write. */
  readonly revision: number;
  /** The first firing of which nothing has become yet. */
  readonly nextAt: number;
  /** When the sweeper has to look at it; missing while it is paused. */
  readonly dueAt?: number;
  readonly last?: LastFiring;
  /** The task of the latest firing that has one. */
  readonly lastTaskId?: TaskId;
  /** Counts the firings that were skipped. */
  readonly skipped: number;
};

/** An input may have so many bytes of JSON: it is a part of the row, which each firing writes anew. */
export const MAX_INPUT_BYTES = 8_192;

/** A rate goes from a minute, how often the sweeper looks, to a year. */
export const MAX_RATE_MINUTES = 525_600;

/** A firing of a schedule, as its task carries it. */
export type FiringRef = { readonly id: ScheduleId; readonly time: number };

export const isPaused = ({ dueAt }: Schedule): boolean => dueAt === undefined;

/** Reads a schedule's id as a caller wrote it; `undefined` where it cannot be one. */
export const parseScheduleId = (text: string): ScheduleId | undefined =>
  parseTaskId(text) === undefined ? undefined : (text as ScheduleId);

/** Puts the shard of the tasks' tables behind a unique part of 26 characters. */
export const scheduleIdOf = (unique: string, tableShard: number): ScheduleId =>
  taskIdOf(unique, tableShard) as string as ScheduleId;

/**
 * Returns the id of a firing's task, the same whoever makes it and however often. No idempotency key has a line break, and the
 * name of a subtask has one more: it is the id of nothing else.
 */
export const firingTaskId = ({ tenantId, id }: Pick<Schedule, 'tenantId' | 'id'>, time: number): TaskId =>
  taskIdOf(uniqueFromKey(tenantId, `${id}\n${time}`), tableShardOf(id as string as TaskId));

/** A page of a tenant's schedules. Where it is not the last, `next` is the place behind it. */
export type SchedulePage = { readonly schedules: readonly Schedule[]; readonly next?: ScheduleId };

/** The schedules of definitions that a deployment has made. */
export type DeployedSchedules = {
  /** Names what the definitions say, once all of it has been made; missing while it is under way. */
  readonly digest?: string;
  readonly schedules: readonly { readonly tenantId: TenantId; readonly id: ScheduleId }[];
};

/** Keeps schedules, a row each. Each verb is one write, whose result names the loser. */
export interface ScheduleStore {
  create(schedule: Schedule): Promise<'created' | 'exists'>;
  get(tenantId: TenantId, id: ScheduleId): Promise<Schedule | undefined>;
  /** Returns a page of a tenant's schedules in the order of their ids, behind `after`. One that was just made may be missing. */
  list(tenantId: TenantId, limit: number, after?: ScheduleId): Promise<SchedulePage>;
  /** Takes the place of the schedule's revision before, unless another has. */
  replace(schedule: Schedule): Promise<'replaced' | 'lost'>;
  remove(tenantId: TenantId, id: ScheduleId): Promise<'removed' | 'missing'>;
  /**
   * Returns the schedules that are due at `now` or before, about the longest due first, in pages of `limit` or less, each
   * as it is. It goes on behind what it has given, so that none keeps others from their turn; one that is due again behind its
   * place comes again.
   */
  due(now: number, limit: number): AsyncIterable<readonly Schedule[]>;
  /** Returns what was last deployed; an empty list before anything was. */
  deployed(): Promise<DeployedSchedules>;
  keepDeployed(deployed: DeployedSchedules): Promise<void>;
}
