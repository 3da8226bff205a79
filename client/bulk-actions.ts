import type { TaskFilter } from './task-filter.ts';

/** What to do to all tasks that fit a filter. */
export type NewBulkAction = {
  readonly action: 'retry' | 'cancel' | 'delete';
  /** One field at least. */
  readonly filter: TaskFilter;
  /** So many tasks a second, at most: 50 unless given. */
  readonly ratePerSecond?: number | undefined;
};

export type BulkCounts = { readonly matched: number; readonly done: number; readonly refused: number };

/** How many tasks a bulk action would be done to; there are more where that is not exact. */
export type BulkCount = { readonly counts: BulkCounts; readonly isExact: boolean };

export type BulkAction = {
  readonly id: string;
  readonly tenantId: string;
  readonly action: NewBulkAction['action'];
  readonly filter: TaskFilter;
  readonly status: 'running' | 'succeeded' | 'aborted' | 'failed';
  /** Whether `matched` is known: what matches is counted first. */
  readonly isCounted: boolean;
  readonly counts: BulkCounts;
  /** Why it could not be done to some tasks. */
  readonly refusals: readonly {
    readonly code: string;
    readonly count: number;
    readonly exampleIds: readonly string[];
  }[];
  readonly ratePerSecond: number;
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly abortRequestedAt?: string;
  /** The task that carries it out. */
  readonly taskId: string;
};
