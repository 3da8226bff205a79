import { MISSED, OVERLAPS, type Schedule } from '../api/schedule.ts';
import { READER_ZONE } from '../model/format.ts';
import { type Draft, draftOf } from './draft.ts';
import type { Field, FieldKind, Property } from './field.ts';

/** How a schedule is timed. */
export type Timing = 'cron' | 'rateMinutes';

export const TIMINGS: Readonly<Record<Timing, string>> = {
  cron: 'by the clock of a time zone',
  rateMinutes: 'every so many minutes',
};

const property = (name: string, isRequired: boolean, description: string, kind: FieldKind): Property => ({
  name,
  isRequired,
  field: { ...kind, description },
});

const choice = (options: readonly string[]): FieldKind => ({ kind: 'choice', options });

const TIMED_BY: Readonly<Record<Timing, readonly Property[]>> = {
  cron: [
    property(
      'cron',
      true,
      'Minute, hour, day of the month, month, day of the week, such as 30 6 * * MON-FRI; or @hourly, @daily, @weekly, @monthly.',
      { kind: 'text', isLong: false, maxLength: 128 },
    ),
    property('timezone', true, 'The zone that the pattern counts in, with its daylight saving.', {
      kind: 'text',
      isLong: false,
      maxLength: 64,
      suggestions: ['UTC', ...Intl.supportedValuesOf('timeZone')],
    }),
  ],
  rateMinutes: [
    property('rateMinutes', true, 'Counted from when the schedule is made.', {
      kind: 'number',
      isWhole: true,
      minimum: 1,
      maximum: 525_600,
    }),
  ],
};

/** Returns the field of what a schedule says beside its type and input. The limits are the API's to check; these are to be read. */
export const termsField = (timing: Timing): Field => ({
  kind: 'object',
  properties: [
    ...TIMED_BY[timing],
    property(
      'overlap',
      true,
      'While the task before has not ended: queue makes one more, skip makes none, cancel ends it and makes the next.',
      choice(OVERLAPS),
    ),
    property(
      'missed',
      true,
      'After an outage: latest makes up for one firing, all for each of the last 24 hours; all goes with queue alone.',
      choice(MISSED),
    ),
    property('name', false, 'For people, to find it by.', { kind: 'text', isLong: false, maxLength: 128 }),
  ],
});

const BEGINNING = { timezone: READER_ZONE, overlap: 'queue', missed: 'latest' };

/** Makes the draft of a schedule's terms, whatever it is timed by: to turn from one to the other loses nothing. */
export function termsDraft(schedule: Schedule | undefined): Draft {
  const given = { ...BEGINNING, ...schedule };
  return { ...Object(draftOf(termsField('rateMinutes'), given)), ...Object(draftOf(termsField('cron'), given)) };
}
