import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { namesOfMisbehaviours } from '../../doubles/misbehaviour.ts';

/** Each fails with this code; those that are not here fail with `boom`. */
const FAILURES: Readonly<Record<string, RegExp>> = {
  'throws null in a timer': /^handler_error: /,
  'throws what cannot be read in a timer': /^handler_error: .*cannot be read/,
  'rejects unawaited with what cannot be read': /^handler_error: .*cannot be read/,
  'calls out unawaited': /^(handler_error: no test of this world calls out|host_not_allowed: )/,
  'maps with a limit of NaN': /^handler_error: .*must be 1 or more, not NaN/,
  'maps with a limit of 0': /^handler_error: .*must be 1 or more, not 0/,
  'maps a set': /^handler_error: .*must be a list/,
  'fails with no options': /^boom: boom/,
  'ends the process': /^handler_error: the handler (called process\.exit\(3\)|ended the thread)/,
  'ends the process by an import': /^handler_error: the handler (called process\.exit\(3\)|ended the thread)/,
  'ends the process in a timer': /^handler_error: the handler (called process\.exit\(3\)|ended the thread)/,
  'ends the process and catches all': /^handler_error: the handler (called process\.exit\(3\)|ended the thread)/,
  'aborts the process': /^handler_error: .*process\.abort\(\)/,
  'kills the process': /^handler_error: the handler called process\.kill\(\d+, SIGKILL\)/,
  'kills the group': /^handler_error: the handler called process\.kill\(0\)/,
  'replaces the process': /^handler_error: .*process\.execve/,
  'throws an error whose message throws': /^handler_error: /,
  'throws what throws whatever is asked of it': /^handler_error: /,
  'throws a failure whose code throws': /^handler_error: /,
  'fails with no code': /^invalid_code: boom/,
  'fails with a number for a code': /^invalid_code: boom/,
};

type Tried = {
  readonly task: { status: string; attempt: number; code: string; message: string };
  readonly others: readonly { status: string; attempt: number }[];
  readonly seconds: number;
};

const PROGRAM = new URL('../../doubles/guarded-executor.ts', import.meta.url).pathname;

describe.concurrent.each(['alone', 'in a batch', 'combining', 'isolated'])('a handler %s', (way) => {
  const running = promisify(execFile)(process.execPath, [PROGRAM, way, ...namesOfMisbehaviours()]);
  const outcomes = running.then(({ stdout }): Record<string, Tried> => JSON.parse(stdout).results);

  it.each(namesOfMisbehaviours())('that %s fails at once, by itself', { timeout: 120_000 }, async (name) => {
    const tried = (await outcomes)[name];
    expect(tried?.others.map(({ status, attempt }) => `${status} ${attempt}`)).toEqual(Array(3).fill('succeeded 1'));
    expect(tried?.task).toMatchObject({ status: 'failed' });
    expect(`${tried?.task.code}: ${tried?.task.message}`).toMatch(FAILURES[name] ?? /boom/);
    expect(tried?.seconds).toBeLessThan(way === 'isolated' ? 40 : 10);
  });
});
