import { describe, expect, test } from 'vitest';
import { readResults } from '../../../loadtest/jmeter/results.ts';

describe("JMeter's results", () => {
  const HEAD = 'timeStamp,elapsed,label,responseCode,responseMessage,success,"taskId"';
  const lines = [
    '1000,100,POST,202,"Accepted, now",true,t1',
    '1600,10,POST,503,No,false,',
    '1700,10,POST,429,No,false,',
  ];

  test('are requests, with the lanes in which the tasks were', () => {
    const fates = new Map([['t1', { id: 't1', status: 'succeeded', executorKey: 'default/low/0', createdAt: 1_050 }]]);
    expect(readResults([HEAD, ...lines].join('\n'), fates)).toMatchObject([
      { dueAt: 1_000, endedAt: 1_100, accepted: [{ id: 't1', lane: 'default-low', createdAt: 1_050 }], errors: [] },
      { accepted: [], errors: ['503'], refusals: [] },
      { accepted: [], errors: [], refusals: ['429'] },
    ]);
  });

  test('of no request are an error', () => expect(() => readResults(HEAD, new Map())).toThrow('sent no request'));
});
