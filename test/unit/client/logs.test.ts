import { describe, expect, test } from 'vitest';
import { logLine } from '../../../client/log-line.ts';
import { parseLogsArguments } from '../../../client/logs-arguments.ts';

const ID = '01M8CJJBDD7SBGX816HJ92MDVV-0';

describe('the arguments of logs', () => {
  test.each([
    [['me'], /nothing to do with "me"/],
    [['--task', 'x'], /--task "x" must be the id of a task/],
    [['--class', 'gpu'], /knows no "gpu"; there are default, io-intensive/],
    [['--since', '10'], /--since "10" must be a number of s, m, h or d/],
    [['--since', '0m'], /--since "0m" must be/],
    [['--tail'], /--tail/],
  ])('%j are refused', (args, message) => {
    expect(() => parseLogsArguments(args)).toThrow(message);
  });

  test('are taken with their defaults, and in full', () => {
    expect(parseLogsArguments([])).toEqual({
      ...{ taskId: undefined, resourceClass: undefined, sinceMilliseconds: 600_000 },
      ...{ isFollowing: false, isLocal: false, deployment: 'millrace' },
    });
    const args = ['--task', ID, '--class=default', '--since=2h', '--follow', '--local', '--name=jobs'];
    expect(parseLogsArguments(args)).toEqual({
      ...{ taskId: ID, resourceClass: 'default', sinceMilliseconds: 7_200_000 },
      ...{ isFollowing: true, isLocal: true, deployment: 'jobs' },
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
});
