import type { TaskId, TaskOrder, TenantId } from '../task/ids.ts';
import type { TaskSeed, TaskStatus } from '../task/task.ts';
import type { TaskFilter } from '../task/task-list.ts';

/** The type of the tasks that carry out bulk actions. The queue knows of none: `control/bulk-actions/` claims them. */
export const BULK_ACTION_TYPE = 'millrace.bulk-action';

export const BULK_VERBS = ['retry', 'cancel', 'delete'] as const;
export type BulkVerb = (typeof BULK_VERBS)[number];

/** The statuses of the tasks that each verb can be done to. */
const STATUSES: Readonly<Record<BulkVerb, readonly TaskStatus[]>> = {
  retry: ['failed', 'cancelled'],
  cancel: ['scheduled', 'queued', 'running', 'waiting'],
  delete: ['succeeded', 'failed', 'cancelled'],
};

/** Returns the statuses of the tasks that a verb can be done to. */
export const statusesFor = (verb: BulkVerb): readonly TaskStatus[] => STATUSES[verb];

/**
 * Returns a filter as a verb takes it. What was cancelled was so on purpose: without a status, a retry is of what failed. Others are of
 * all statuses that they can be done to, which `isMatched` sees to.
 */
export const filterFor = (verb: BulkVerb, filter: TaskFilter): TaskFilter =>
  verb === 'retry' && filter.status === undefined ? { ...filter, status: 'failed' } : filter;

/** What somebody has asked for, once and for all. Its id is that of the task that carries it out. */
export type BulkAction = {
  readonly id: TaskId;
  readonly tenantId: TenantId;
  readonly verb: BulkVerb;
  readonly filter: TaskFilter;
  /** It is done to so many tasks in a second, at most. */
  readonly ratePerSecond: number;
  /** It is done to what existed then, as it was then, in milliseconds since the epoch. */
  readonly createdAt: number;
};

/** Why it could not be done to a task. Codes are stable. */
export type RefusalCode =
  /** Another status than the verb takes: somebody else has done something with the task meanwhile. */
  | 'invalid_status'
  /** Its parent is what can be acted on. */
  | 'subtask'
  /** It cannot run again without what it was given. */
  | 'input_missing'
  /** It is gone. */
  | 'not_found'
  /** It was counted, and did not match any more when its turn came. */
  | 'no_longer_matching'
  /** A part of the platform has not answered, several times. */
  | 'unavailable'
  /** The bulk action has ended in the midst of this step: it may have been done, or not. */
  | 'interrupted';

export type Refusal = { readonly count: number; readonly exampleIds: readonly TaskId[] };
export type Refusals = Readonly<Partial<Record<RefusalCode, Refusal>>>;

/** How far a bulk action is. It is kept before each step and after it, so that who goes on knows what may have been done. */
export type BulkProgress = {
  /** Grows with each time it is kept: of two who go on from one, the second loses. */
  readonly revision: number;
  /** It counts what matches, then works through it. */
  readonly phase: 'counting' | 'working' | 'ended';
  /** The place behind which the phase goes on; from the newest task on, where it is missing. */
  readonly after?: TaskOrder | undefined;
  /** Whether nothing is left to be read in this phase. */
  readonly isRead: boolean;
  readonly matched: number;
  readonly done: number;
  readonly refusals: Refusals;
  /** The tasks of the step under way: some of them may be done already, by who has begun it. */
  readonly pending: readonly TaskId[];
};

export const NO_PROGRESS: BulkProgress = {
  revision: 0,
  phase: 'counting',
  isRead: false,
  matched: 0,
  done: 0,
  refusals: {},
  pending: [],
};

export type KeptBulkAction = { readonly action: BulkAction; readonly progress: BulkProgress };

/** Keeps bulk actions and how far they are. Only the router makes one, and only who carries it out gets on with it. */
export interface BulkActionStore {
  /** Adds a bulk action that has not begun, unless there is one of its id, which is returned then. It is kept until `keepUntil`. */
  create(action: BulkAction, keepUntil: number): Promise<KeptBulkAction | 'created'>;
  get(tenantId: TenantId, id: TaskId): Promise<KeptBulkAction | undefined>;
  /** Returns those of a tenant's that exist, in any order. */
  getAll(tenantId: TenantId, ids: readonly TaskId[]): Promise<readonly KeptBulkAction[]>;
  /** Takes the place of the revision before, unless another has. */
  save(action: BulkAction, progress: BulkProgress): Promise<'saved' | 'lost'>;
}

/** It fails for good after so many attempts that died or met a platform that did not answer; those that ran out of time do not count. */
const BULK_ATTEMPTS = 20;

/** An attempt goes on for so long: then it is given back, and the next one goes on where it was. */
const BULK_ATTEMPT_SECONDS = 75;

/** Makes the task that carries out a bulk action. No lane has it, and nothing is compared: nobody else can ask for its id. */
export const bulkActionTask = ({ id, tenantId, createdAt, verb, ratePerSecond }: BulkAction): TaskSeed => ({
  id,
  tenantId,
  type: BULK_ACTION_TYPE,
  resourceClass: 'millrace',
  priority: 'low',
  executorKey: 'millrace/low/0',
  maxAttempts: BULK_ATTEMPTS,
  timeoutSeconds: BULK_ATTEMPT_SECONDS,
  input: { inline: { action: verb, ratePerSecond } },
  fingerprint: '-',
  createdAt,
});
