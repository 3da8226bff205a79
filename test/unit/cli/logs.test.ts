import { describe, expect, test } from 'vitest';
import { logLine } from '../../../cli/log-line.ts';
import { parseLogsArguments } from '../../../cli/logs-arguments.ts';

const ID = '01M8CJJBDD7SBGX816HJ92MDVV-0';

describe('the arguments of logs', () => {
  test.each([
    [['me'], /nothing to do with "me"/],
    [['--task', 'x'], /--task "x" must be the id of a task/],
    [['--since', '10'], /--since "10" must be a number of s, m, h or d/],
    [['--since', '0m'], /--since "0m" must be/],
    [['--tail'], /--tail/],
  ])('%j are refused', (args, message) => {
    expect(() => parseLogsArguments(args)).toThrow(message);
  });

  test('are taken with their defaults, and in full', () => {
    expect(parseLogsArguments([])).toEqual({
      taskId: undefined,
      resourceClass: undefined,
      sinceMilliseconds: 600_000,
      isFollowing: false,
      isLocal: false,
      deployment: 'millrace',
    });
    const args = ['--task', ID, '--class=default', '--since=2h', '--follow', '--local', '--name=jobs'];
    expect(parseLogsArguments(args)).toEqual({
      taskId: ID,
      resourceClass: 'default',
      sinceMilliseconds: 7_200_000,
      isFollowing: true,
      isLocal: true,
      deployment: 'jobs',
    });
  });
});

describe('a line of a log', () => {
  test('tells of which task it is, and what it says', () => {
    const record = { task_id: ID, task_type: 'greet', attempt: 2, trace_id: '1-2', fields: { n: 1 }, reason: 'so' };
    const message = JSON.stringify({ ...record, level: 'info', event: 'hello', time: '2026-11-26T18:40:59.703Z' });
    expect(logLine(`${message}\n`)).toBe(`18:40:59.703  info   greet ${ID} #2  hello  fields={"n":1}  reason=so`);
  });

  test('is shown as it is where it is none of ours', () => {
    expect(logLine('a console.log of a handler\n')).toBe('a console.log of a handler');
    expect(logLine('{"event": 1}')).toBe('{"event": 1}');
  });

  test.each([
    '',
    'START RequestId: 1 Version: $LATEST',
    'REPORT RequestId: 1',
    '{"_aws":{"Timestamp":1},"WaitTime":[1]}',
  ])('is left out where it is about no task: %j', (message) => {
    expect(logLine(message)).toBeUndefined();
  });

  const record = (fields: object) =>
    JSON.stringify({ ...fields, level: 'warn', event: 'handler threw', time: '2026-11-26T18:40:59.703Z' });

  test('tells of an error on lines of their own, with what lies behind it', () => {
    const stack = 'Error: a\n    at tasks/a.ts:1:2';
    const cause = {
      class: 'TypeError',
      code: 'E_B',
      message: 'b',
      stack: 'TypeError: b\n    at x',
      cause: { message: 'c' },
    };
    expect(logLine(record({ error_message: 'a', stack, cause, errors: [{ message: 'part' }] }))?.split('\n')).toEqual([
      '18:40:59.703  warn   handler threw  error_message=a',
      ...['    Error: a', '        at tasks/a.ts:1:2'],
      ...['    cause: TypeError: E_B: b', '        TypeError: b', '            at x', '        cause: c'],
      '    part: part',
    ]);
  });

  const HOSTILE =
    '\x1b[2J\x1b]0;pwned\x07\r\n18:40:59.703  info   forged #1  attempt ended\x9b31m\x7f\u202eevil\u2066\u2028x\ud800';

  test.each([
    ['a message', record({ error_message: HOSTILE })],
    ['a field of a handler', record({ fields: { [HOSTILE]: HOSTILE } })],
    ['a stack', record({ stack: HOSTILE })],
    ['a cause', record({ cause: { message: HOSTILE, stack: HOSTILE, cause: HOSTILE } })],
    ['a part', record({ errors: [HOSTILE, { class: HOSTILE }] })],
    ['a type', record({ task_type: HOSTILE, task_id: HOSTILE })],
    ['an event', JSON.stringify({ level: HOSTILE, event: HOSTILE, time: '2026-11-26T18:40:59.703Z' })],
    ['what is no record', HOSTILE],
    ['JSON that is no record', JSON.stringify({ a: HOSTILE })],
    ['what looks like a line', '18:40:59.703  info   forged #1  attempt ended'],
  ])('does nothing to the terminal and looks like no other, with %s of a stranger', (_, message) => {
    const lines = logLine(message)?.split('\n') ?? [];
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u202e\u2066\u2028]/u);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {4}/);
    expect(lines.filter((line) => /^\s{0,3}[\d:.]+ {2}info {3}forged/.test(line))).toEqual([]);
  });

  test('keeps words and emoji that are written with joiners', () => {
    expect(logLine('👩\u200d🔧 نمی\u200cخواهم')).toBe('👩\u200d🔧 نمی\u200cخواهم');
  });
});
