import type { TaskStatus } from './answers.ts';

type Overlap = 'skip' | 'queue' | 'cancel';
type Missed = 'latest' | 'all';

/** When a schedule fires: by the clock of a time zone (UTC unless given), or every so many minutes. */
export type Cadence =
  | { readonly cron: string; readonly timezone?: string | undefined; readonly rateMinutes?: undefined }
  | { readonly rateMinutes: number; readonly cron?: undefined; readonly timezone?: undefined };

/** What makes a schedule. */
export type NewSchedule = Cadence & {
  readonly type: string;
  readonly input: unknown;
  /** What becomes of a firing while the task of the one before has not ended: `queue` unless given. */
  readonly overlap?: Overlap | undefined;
  /** Which firings are made up for after an outage: `latest` unless given. */
  readonly missed?: Missed | undefined;
  readonly name?: string | undefined;
  /** Requests of one key are one schedule. The client makes a key where none is given, so that it can try again. */
  readonly idempotencyKey?: string | undefined;
};

/** What changes a schedule; what is not given stays. */
export type ScheduleChange = {
  readonly input?: unknown;
  readonly cron?: string | undefined;
  readonly timezone?: string | undefined;
  readonly rateMinutes?: number | undefined;
  readonly overlap?: Overlap | undefined;
  readonly missed?: Missed | undefined;
  readonly name?: string | null | undefined;
};

/** A schedule as lists show it. */
export type ScheduleSummary = {
  readonly id: string;
  readonly tenantId: string;
  readonly name?: string;
  readonly type: string;
  readonly cron?: string;
  readonly timezone?: string;
  readonly rateMinutes?: number;
  readonly overlap: Overlap;
  readonly missed: Missed;
  readonly paused: boolean;
  /** One of a definition is changed, and ends, with it. */
  readonly source: 'api' | 'definition';
  readonly createdAt: string;
  /** Missing while it is paused. */
  readonly nextTime?: string;
  /** What became of the latest firing. */
  readonly last?: {
    readonly time: string;
    readonly at: string;
    readonly outcome: 'fired' | 'skipped' | 'refused';
    readonly reason?: string;
  };
  readonly lastTaskId?: string;
  /** Firings that were not made, since the task before had not ended. */
  readonly skipped: number;
};

export type Schedule = ScheduleSummary & {
  /** Missing to a key that may not read. */
  readonly input?: unknown;
  readonly nextTimes: readonly string[];
  readonly lastTaskStatus?: TaskStatus;
};
