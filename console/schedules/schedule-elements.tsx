import type { ScheduleSummary } from '../api/schedule.ts';
import { duration, minuteIn, READER_ZONE, timeOf } from '../model/format.ts';

/** Says when a schedule fires: its pattern and the time zone that it counts in, or its rate. */
export const CadenceText = ({ of: { cron, timezone, rateMinutes } }: { of: ScheduleSummary }) =>
  cron === undefined ? (
    <span>every {duration((rateMinutes ?? 0) * 60_000)}</span>
  ) : (
    <span class="cadence">
      <code>{cron}</code> <span class="muted small">{timezone}</span>
    </span>
  );

const TONES: Readonly<Record<string, string>> = { fired: 'succeeded', skipped: 'cancelled', refused: 'failed' };

/** Shows what became of a firing. */
export const OutcomeBadge = ({ outcome }: { outcome: string }) => (
  <span class={`badge status-${TONES[outcome] ?? ''}`}>{outcome}</span>
);

/** Writes when a firing is due: by the reader's clock, and by that of the schedule where it is another. */
export function FiringTime({ at, timezone }: { at: string; timezone: string | undefined }) {
  const time = timeOf(at) ?? 0;
  const own = minuteIn(READER_ZONE, time);
  const theirs = timezone === undefined ? undefined : minuteIn(timezone, time);
  return (
    <>
      <time dateTime={at}>{own}</time>
      {theirs !== undefined && theirs !== own && (
        <span class="theirs muted small">
          {theirs} in {timezone}
        </span>
      )}
    </>
  );
}
