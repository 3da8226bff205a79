import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claimRecord, commandLineOf, earlierRun, readRecord, updateRecord } from '../../../local/running-instance.ts';

const EXPECTED = { run: 'local/start.ts', server: 'ministack-server.py /here/state' };
const processes = (table: Record<number, string>) => (pid: number) => table[pid];

describe('an earlier run', () => {
  test.each(['', '{"pi', '[]', '{"pid": "7"}', '{"pid": 0}', '{"pid": -1}'])('died if its record is %j', (text) => {
    const anyone = () => 'node local/start.ts';
    expect(earlierRun(text, EXPECTED, anyone)).toEqual({ kind: 'died', orphan: undefined });
  });

  test('died if its process id is nobody, or somebody else', () => {
    const died = { kind: 'died', orphan: undefined };
    expect(earlierRun('{"pid": 7}', EXPECTED, processes({}))).toEqual(died);
    expect(
      earlierRun('{"pid": 7, "serverPid": 8}', EXPECTED, processes({ 7: 'vim start.ts', 8: 'python -m http.server' })),
    ).toEqual(died);
  });

  test('left an orphan if its server still serves this very directory', () => {
    const record = '{"pid": 7, "serverPid": 8}';
    const server = (directory: string) =>
      processes({ 8: `python /here/local/ministack-server.py ${directory}/cloud ` });
    expect(earlierRun(record, EXPECTED, server('/here/state'))).toEqual({ kind: 'died', orphan: 8 });
    expect(earlierRun(record, EXPECTED, server('/elsewhere/state'))).toEqual({ kind: 'died', orphan: undefined });
  });

  test('runs, with its address once it has one', () => {
    const running = processes({ 7: 'node local/start.ts ' });
    expect(earlierRun('{"pid": 7}', EXPECTED, running)).toEqual({ kind: 'running', pid: 7, url: undefined });
    const url = 'http://127.0.0.1:4566/api';
    expect(earlierRun(JSON.stringify({ pid: 7, url }), EXPECTED, running)).toEqual({ kind: 'running', pid: 7, url });
  });

  test('is none where there is no record', () => {
    expect(earlierRun(undefined, EXPECTED, processes({}))).toEqual({ kind: 'none' });
  });
});

describe('the record of a run', () => {
  test('is claimed by one run only, and replaced by it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-record-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'run.json');
    expect(readRecord(file)).toBeUndefined();
    expect(claimRecord(file, { pid: 7 })).toBe(true);
    expect(claimRecord(file, { pid: 8 })).toBe(false);
    updateRecord(file, { pid: 7, serverPid: 9 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ pid: 7, serverPid: 9 });
  });
});

test('a command line is that of the process, or none', () => {
  expect(commandLineOf(process.pid)).toContain('node');
  expect(commandLineOf(2 ** 30)).toBeUndefined();
});
