import type { Missed, Overlap } from '../schedule/policies.ts';

/** Tells a handler of the firing that it runs for: of which schedule, and when it was due, `2026-10-25T00:30:00.000Z`. */
export type FiringContext = { readonly id: string; readonly time: string };

/** By the clock of a time zone (UTC unless given), or every so many minutes. */
type When =
  | { readonly cron: string; readonly timezone?: string; readonly rateMinutes?: undefined }
  | { readonly rateMinutes: number; readonly cron?: undefined; readonly timezone?: undefined };

/** Has tasks of a type made again and again, for as long as its definition says so. */
export type ScheduleEntry = When & {
  /** A synth holds it against the type's schema: a definition that is made of another may have another. 8,192 bytes of JSON fit. */
  readonly input: unknown;
  /** What becomes of a firing while the task of the one before has not ended: `queue` unless given. */
  readonly overlap?: Overlap;
  /** Which firings are made up for after an outage: `latest` unless given. */
  readonly missed?: Missed;
  readonly name?: string;
  /** Whose tasks they are: those of the `scheduleTenant` of the deployment unless given. */
  readonly tenantId?: string;
};
