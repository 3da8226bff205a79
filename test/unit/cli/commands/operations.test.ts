import { describe, expect, test } from 'vitest';
import { command } from '../../../doubles/command.ts';
import { invoke } from '../../../doubles/executor-world.ts';
import { startUnkindApi } from '../../client/unkind-api.ts';

async function startWorld() {
  const api = await startUnkindApi();
  const env = { MILLRACE_URL: api.url, MILLRACE_KEY: 'mr_key' };
  return { ...api, millrace: (...args: string[]) => command(args, { env }) };
}
const jsonLines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('lanes, redrive and stats', () => {
  test.each([
    [['redrive'], 2, /^<lane> is missing\./],
    [['redrive', 'none'], 4, /^There is no lane "none"; there are: .*default-high-0.* \(not_found\)\.\n$/],
    [['stats', '--since', '1h', '--from', '2026-01-01T00:00:00Z'], 2, /^--since and --from say two times: give one\./],
    [['stats', '--from', '2026-02-31'], 2, /^--from "2026-02-31" must be a time with its zone/],
    [['stats', '--from', '2025-12-30T00:00:00Z', '--to', '2026-01-01T00:00:00Z'], 3, /\(invalid_request\)/],
    [['lanes', 'default'], 2, /^There is nothing to do with "default"\./],
  ])('%j is refused', async (args, exitCode, message) => {
    const { millrace } = await startWorld();
    expect(await millrace(...args)).toEqual({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('lanes shows each', async () => {
    const { millrace, client } = await startWorld();
    const { stdout } = await millrace('lanes');
    expect(stdout).toMatch(/^LANE +WAITING +RUNNING +EXECUTORS +DEAD IN CLASS +WAIT +TAKES WORK\n/);
    expect(stdout).toMatch(/^default-high-0 +0 +0 +\d+ +0 +- +yes$/m);
    expect(jsonLines((await millrace('lanes', '--json')).stdout)).toEqual(await client.lanes());
  });

  test('redrive says what it has sent, and shows what is dead without sending', async () => {
    const { millrace } = await startWorld();
    expect(await millrace('redrive', 'default-high-0')).toEqual({
      exitCode: 0,
      stdout: '0 dead letters sent again, with 0 tasks.\n',
      stderr: '',
    });
    expect(await millrace('redrive', 'default-high-0', '--dry-run')).toMatchObject({
      exitCode: 0,
      stderr: 'There are none.\n',
    });
    expect(jsonLines((await millrace('redrive', 'default-high-0', '--json')).stdout)).toMatchObject([{ messages: 0 }]);
  });

  test('dead letters are JSON Lines, one on each, listed or by --dry-run', async () => {
    const { millrace, world } = await startWorld();
    for (let count = 0; count < 2; count += 1) {
      world.ports.deadLetters.put('default', { body: '{', laneName: 'default-high-0', reason: 'no JSON' });
    }
    const two = ['letter-1', 'letter-2'].map((messageId) => ({ messageId, reason: { code: 'malformed' } }));
    expect(jsonLines((await millrace('dead-letters', 'list', 'default-high-0', '--json')).stdout)).toMatchObject(two);
    expect(jsonLines((await millrace('redrive', 'default-high-0', '--dry-run', '--json')).stdout)).toMatchObject(two);
  });

  test('audit goes as far back as --since says, or from a time on', async () => {
    const { millrace, seen } = await startWorld();
    await millrace('audit', '--since', '1h');
    const from = /[?&]from=([^&]+)/.exec(seen.at(-1)?.request ?? '')?.[1] ?? '';
    expect(Math.abs(Date.now() - 3_600_000 - Date.parse(decodeURIComponent(from)))).toBeLessThan(60_000);
    expect(await millrace('audit', '--since', '1h', '--from', '2026-01-01T00:00:00Z')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^--since and --from say two times: give one\./),
    });
  });

  test('bulk-actions lists, and knows its ids', async () => {
    const { millrace } = await startWorld();
    expect(await millrace('bulk-actions')).toMatchObject({ exitCode: 0, stderr: 'There are none.\n' });
    expect(await millrace('bulk-actions', 'get', 'none')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^"none" is no id of a bulk action: `millrace bulk-actions` shows/),
    });
  });

  test('stats counts by type', async () => {
    const { millrace } = await startWorld();
    const range = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-01T00:01:00Z'];
    const { stdout, stderr } = await millrace('stats', ...range);
    expect(stderr).toBe('From 2026-01-01T00:00:00Z to 2026-01-01T00:01:00Z:\n');
    expect(stdout).toMatch(/^TYPE +ACCEPTED +SUCCEEDED .+\nin all +0 +0 /);
    expect(jsonLines((await millrace('stats', ...range, '--json')).stdout)).toMatchObject([{ total: { accepted: 0 } }]);
  });
});

describe('definitions', () => {
  test.each([
    [
      ['definitions', 'show'],
      2,
      /^The command must be "list", "get", "save", "pause", "resume" or "tune", not "show"\./,
    ],
    [
      ['definitions', 'get', 'greed'],
      4,
      /^There is no task type "greed"; there are: greet, echo, refuse \(not_found\)\.\n$/,
    ],
    [
      ['definitions', 'tune', 'greet'],
      2,
      /^There is nothing to change: give --priority, --attempts or --attempt-timeout\./,
    ],
    [
      ['definitions', 'tune', 'greet', '--attempts', '0'],
      2,
      /^--attempts "0" must be a whole number.*\n\nUsage: millrace definitions tune \[options\] <type>\n$/,
    ],
    [['definitions', 'tune', 'greet', '--attempts', '1000'], 3, /\(invalid_request\)/],
    [['definitions', 'pause'], 2, /^<type> is missing\./],
    [['definitions', 'pause', 'greet', '--attempts', '2'], 2, /^--attempts is not for "pause"\./],
  ])('%j is refused', async (args, exitCode, message) => {
    const { millrace } = await startWorld();
    expect(await millrace(...args)).toEqual({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('are listed, shown, paused, resumed and tuned', async () => {
    const { millrace, client } = await startWorld();
    expect((await millrace('definitions')).stdout).toMatch(
      /^TYPE +PAUSED .+\ngreet +- +normal +10 s +3 +default +Greets someone\n/,
    );
    expect((await millrace('definitions', 'get', 'greet')).stdout).toMatch(/^type +greet\n[\s\S]+^input\n {2}\{\n/m);
    expect((await millrace('definitions', 'pause', 'greet')).stdout).toMatch(/\ngreet +paused /);
    expect(await client.definition('greet')).toMatchObject({ paused: true });
    expect((await millrace('definitions', 'resume', 'greet')).stdout).toMatch(/\ngreet +- /);
    const tuned = await millrace(
      'definitions',
      'tune',
      'greet',
      '--priority',
      'high',
      '--attempts',
      '5',
      '--attempt-timeout',
      '20s',
    );
    expect(tuned.stdout).toMatch(/\ngreet +- +high\* +20 s\* +5\* /);
    const reset = await millrace('definitions', 'tune', 'greet', '--attempts', 'default', '--json');
    expect(reset.stderr).toBe('');
    expect(jsonLines(reset.stdout)).toEqual([await client.definition('greet')]);
    expect(await client.definition('greet')).toMatchObject({ settings: { priority: 'high', timeoutSeconds: 20 } });
    expect(jsonLines((await millrace('definitions', 'list', '--json')).stdout)).toEqual(
      (await client.definitions()).items,
    );
  });
});

describe('schedules', () => {
  test.each([
    [['create', 'greet'], 2, /^Give --cron, which may have a --timezone, or --every\.\n\nUsage: /],
    [['create', 'greet', '--every', '1h', '--timezone', 'Europe/Berlin'], 2, /^Give --cron, which may have/],
    [['create', 'greet', '--every', '90s'], 2, /^--every "90s" must be whole minutes: 15m, 2h, 1d\./],
    [
      ['create', 'greet', '--cron', '@daily', '--overlap', 'wait'],
      2,
      /^--overlap "wait" must be one of skip, queue, cancel\./,
    ],
    [['create', 'greet', '{"name":"Ada"}', '--cron', '99 * * * *'], 3, /\/cron .+\(invalid_request\)/],
    [['create', 'greed', '--cron', '@daily'], 3, /there is no task type "greed"/],
    [['get', 'none'], 4, /\(not_found\)/],
    [['change', 'none'], 2, /^Say what is to be changed: --cron, /],
    [['change', 'none', '--cron', '@daily'], 4, /\(not_found\)/],
    [['delete'], 2, /^<id> is missing\./],
  ])('%j is refused', async (args, exitCode, message) => {
    const { millrace } = await startWorld();
    expect(await millrace('schedules', ...args)).toEqual({
      exitCode,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  test('are made, shown, run, paused, resumed and deleted', async () => {
    const { millrace, client, world } = await startWorld();
    const cron = ['--cron', '30 6 * * MON-FRI', '--timezone', 'Europe/Berlin', '--title', 'Morning'];
    const made = await millrace('schedules', 'create', 'greet', '{"name":"Ada"}', ...cron);
    expect(made).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^It fires at 2026-01-01T05:30:00Z, 2026-01-02/),
    });
    const id = made.stdout.trim();
    expect((await millrace('schedules')).stdout).toMatch(
      new RegExp(`^ID .+\n${id}  greet  30 6 \\* \\* MON-FRI Europe/Berlin  2026-01-01T05:30:00Z  -     Morning\n`),
    );
    const ran = await millrace('schedules', 'run', id);
    expect(await client.get(ran.stdout.trim())).toMatchObject({ type: 'greet', schedule: { id } });
    await invoke(world);
    expect((await millrace('schedules', 'get', id)).stdout).toMatch(
      /^last +fired at [\s\S]+^task +\S+ succeeded$[\s\S]+^input\n/m,
    );
    const changed = await millrace('schedules', 'change', id, '--every', '2h', '--input', '{"name":"Bob"}');
    expect(changed.stdout).toMatch(/^name +Morning[\s\S]+^times +every 120 min$[\s\S]+"Bob"/m);
    expect((await millrace('schedules', 'pause', id)).stdout).toMatch(/^paused +yes$/m);
    const resumed = await millrace('schedules', 'resume', id, '--json');
    expect(jsonLines(resumed.stdout)).toEqual([await client.schedule(id)]);
    expect(await millrace('schedules', 'delete', id)).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: `The schedule ${id} is deleted.\n`,
    });
    expect((await millrace('schedules', 'list')).stderr).toBe('There are none.\n');
  });
});
