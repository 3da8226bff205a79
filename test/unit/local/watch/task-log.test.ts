import { expect, test } from 'vitest';
import { taskLogLine } from '../../../../local/watch/task-log.ts';

const ID = '01M8CJJBDD7SBGX816HJ92MDVV-0';
const EXECUTOR = 'shop-executor-default-0';
const time = '2026-01-02T03:04:05.678Z';
const record = (level: string, event: string, more: object = {}) =>
  JSON.stringify({ level, event, time, task_id: ID, task_type: 'ask', attempt: 1, ...more });

test.each([
  [
    'what a handler logs',
    record('info', 'asked for', { fields: { of: 2 } }),
    `03:04:05.678  info   ask ${ID} #1  asked for  fields={"of":2}`,
  ],
  [
    'controls and ends of lines, which do nothing',
    record('info', 'a\n\u001b[2Jb'),
    `03:04:05.678  info   ask ${ID} #1  a\\n\\x1b[2Jb`,
  ],
  ['what goes wrong', record('warn', 'handler threw'), `03:04:05.678  warn   ask ${ID} #1  handler threw`],
  [
    'a failed attempt',
    record('warn', 'attempt ended', { task_status: 'failed' }),
    `03:04:05.678  warn   ask ${ID} #1  attempt ended  task_status=failed`,
  ],
  [
    'what a handler calls as we do ours',
    record('info', 'attempt ended'),
    `03:04:05.678  info   ask ${ID} #1  attempt ended`,
  ],
  ['the words of a library', 'a library says', 'a library says'],
  ['no attempt that went well', record('info', 'attempt ended', { task_status: 'succeeded' }), undefined],
  [
    'nothing that an executor says of itself',
    JSON.stringify({ level: 'info', event: 'load reported', time }),
    undefined,
  ],
  ['no metrics', '{"_aws":{}}', undefined],
])('a person is shown %s', (_what, line, shown) => {
  expect(taskLogLine({ function: EXECUTOR, line })).toBe(shown);
});

test('a person is shown what executors log, and no other function', () => {
  expect(taskLogLine({ function: 'shop-router', line: record('warn', 'request failed') })).toBeUndefined();
});
