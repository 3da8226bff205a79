import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../../../console/api/schedule.ts';
import { readDraft } from '../../../../console/form/draft.ts';
import { termsDraft, termsField } from '../../../../console/form/schedule-terms.ts';
import { READER_ZONE } from '../../../../console/model/format.ts';

const schedule: Schedule = {
  id: '01KB59FY2QG4S8ZC0T5RN1XW3E-0',
  tenantId: 'acme',
  type: 'greet',
  cron: '30 6 * * *',
  timezone: 'Asia/Tokyo',
  overlap: 'skip',
  missed: 'latest',
  paused: false,
  source: 'api',
  createdAt: '2026-11-28T09:30:00.000Z',
  skipped: 0,
  input: {},
  nextTimes: [],
};

describe('the terms of a schedule', () => {
  test('that is there are what it says, and no name where it has none', () => {
    expect(readDraft(termsField('cron'), termsDraft(schedule), true)).toEqual({
      value: { cron: '30 6 * * *', timezone: 'Asia/Tokyo', overlap: 'skip', missed: 'latest' },
      errors: [],
    });
  });

  test('of one by a rate name a rate and no zone, whatever was written for the other', () => {
    const { cron: _, timezone: _zone, ...rest } = schedule;
    const draft = { ...Object(termsDraft({ ...rest, rateMinutes: 15, name: 'often' })), cron: '@daily' };
    expect(readDraft(termsField('rateMinutes'), draft, true)).toEqual({
      value: { rateMinutes: 15, overlap: 'skip', missed: 'latest', name: 'often' },
      errors: [],
    });
  });

  test('of a new one begin with the zone of the reader, and with what the API would take', () => {
    expect(termsDraft(undefined)).toMatchObject({
      timezone: READER_ZONE,
      overlap: '"queue"',
      missed: '"latest"',
      cron: '',
      rateMinutes: '',
    });
    expect(readDraft(termsField('rateMinutes'), termsDraft(undefined), true).errors).toEqual([
      { field: '/rateMinutes', message: 'Give a number' },
    ]);
  });
});
