import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { command } from '../../../doubles/command.ts';
import { invoke } from '../../../doubles/executor-world.ts';
import { startUnkindApi, unkind } from '../../client/unkind-api.ts';

const environmentOf = (url: string) => ({ MILLRACE_URL: url, MILLRACE_KEY: 'mr_key' });
const NO_TASK = '00000000000000000000000ZZZ-0';

async function startWorld() {
  const api = await startUnkindApi();
  const millrace = (...args: string[]) => command(args, { env: environmentOf(api.url) });
  return { ...api, millrace };
}

describe('get, wait, cancel and retry', () => {
  test.each(['get', 'wait', 'cancel', 'retry'])(
    '%s refuses what is no id, and says of none that it is not there',
    async (name) => {
      const { millrace, seen } = await startWorld();
      expect(await millrace(name, '42')).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/^"42" is no id of a task: `millrace list` shows those that there are\.\n/),
      });
      expect(await millrace(name)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/^(<id> is missing\.|Say which tasks: their ids, or a filter)/),
      });
      expect(seen).toEqual([]);
      expect(await millrace(name, NO_TASK)).toEqual({
        exitCode: 4,
        stdout: '',
        stderr: 'There is no such task (not_found).\n',
      });
    },
  );

  test('get shows what attempts failed by, and what was logged, where that is asked for', async () => {
    const { millrace, client, world } = await startWorld();
    const task = (await client.submit('greet', { name: 'Ada' })) as unknown as TaskSeed;
    await invoke(world);
    const causes = [{ class: 'Error', code: 'EPIPE', message: 'the \x1b[2Jcause' }];
    const error = { code: 'boom', message: 'it broke', retryable: true, causes, stack: 'at a.ts:1:2\nat b.ts:3:4' };
    const [startedAt, endedAt] = [world.now, world.now + 1_000];
    const ended = { number: 1, outcome: 'failed', startedAt, endedAt, executorKey: task.executorKey, error } as const;
    await world.ports.attempts.put(task, ended, 0);
    const line = { task_id: task.id, level: 'info', event: 'charged', time: new Date(world.now).toISOString() };
    world.ports.logs.add(task.executorKey, world.now, { ...line, attempt: 1, fields: { amount: 3 } });
    const { stdout } = await millrace('get', task.id, '--attempts', '--logs');
    expect(stdout).toMatch(
      /^attempts\n {2}#1 {2}failed {2}\S+Z to \S+Z\n {6}boom: it broke\n {6}caused by Error EPIPE the .*cause\n/m,
    );
    expect(stdout).toMatch(/^ {6}at a\.ts:1:2\n {6}at b\.ts:3:4\n/m);
    expect(stdout).toMatch(/^logs\n.*info +#1 +charged {2}\{"amount":3\}/m);
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
    const json = JSON.parse((await millrace('get', task.id, '--attempts', '--logs', '--json')).stdout);
    expect(json).toMatchObject({ id: task.id, attempts: [{ number: 1, error }], logs: [{ message: 'charged' }] });
    expect(JSON.parse((await millrace('get', task.id, '--json')).stdout)).not.toHaveProperty('attempts');
  });

  test('get shows a task with what came of it, and nothing in its text reaches the terminal', async () => {
    const { millrace, client, world } = await startWorld();
    const { id } = await client.submit('greet', { name: 'Ada\x1b[2J\u202e\u2028' }, { workflowInstanceId: 'w\x9b1' });
    await invoke(world);
    const { exitCode, stdout } = await millrace('get', id);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^id +${id}\ntype +greet\nstatus +succeeded\nattempt +1 of 3\n`));
    expect(stdout).toContain('output\n  {\n    "greeting": "Hello Ada\\u001b[2J\\u202e\\u2028"\n  }\n');
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\u202e\u2028]/u);
    const json = await millrace('get', id, '--json');
    expect(json.stdout).not.toMatch(/(?!\n)[\p{Cc}\u202e\u2028]/u);
    expect(JSON.parse(json.stdout)).toEqual(await client.get(id));
  });

  test('wait ends by how the task has ended', async () => {
    const { millrace, client, world } = await startWorld();
    const ids: string[] = [];
    for (const [type, input] of [
      ['greet', { name: 'Ada' }],
      ['refuse', 1],
      ['greet', { name: 'Bob' }],
    ] as const) {
      ids.push((await client.submit(type, input)).id);
    }
    const [good = '', bad = '', late = ''] = ids;
    await world.ports.store.cancel('acme' as never, late as never, world.now);
    await invoke(world);
    expect(await millrace('wait', good)).toEqual({
      exitCode: 0,
      stdout: '{\n  "greeting": "Hello Ada"\n}\n',
      stderr: '',
    });
    const failed = await millrace('wait', bad, '--json');
    expect(failed).toMatchObject({ exitCode: 1, stderr: `The task refuse ${bad}: no (unspeakable).\n` });
    expect(JSON.parse(failed.stdout)).toEqual(await client.get(bad));
    expect(await millrace('wait', late)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `The task greet ${late}: it was cancelled (cancelled).\n`,
    });
    world.ports.payloads.get = async () => undefined;
    expect(await millrace('wait', good)).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/its output is not kept any more/),
    });
  });

  test('cancel and retry do what they can of several, and say what they could not', async () => {
    const { millrace, client } = await startWorld();
    const one = await client.submit('greet', { name: 'Ada' });
    const other = await client.submit('greet', { name: 'Bob' });
    expect(await millrace('cancel', one.id, NO_TASK, other.id)).toEqual({
      exitCode: 4,
      stdout: `${one.id} cancelled\n${other.id} cancelled\n`,
      stderr: `${NO_TASK}: There is no such task (not_found).\n1 of 3 tasks stayed as they were.\n`,
    });
    expect(await millrace('retry', one.id)).toEqual({ exitCode: 0, stdout: `${one.id} queued\n`, stderr: '' });
    expect(await millrace('retry', one.id)).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringMatching(/\(invalid_status\)/),
    });
    const again = await millrace('retry', other.id, '--json');
    expect(JSON.parse(again.stdout)).toEqual(await client.get(other.id));
  });
});

describe('list', () => {
  test.each([
    [
      ['--status', 'done'],
      /^--status "done" must be one of scheduled, queued, running, waiting, succeeded, failed, cancelled\./,
    ],
    [['--limit', '0'], /^--limit "0" must be a whole number from 1 on\./],
    [['--all', '--limit', '5'], /^--all and --limit say two numbers: give one\./],
    [['--parent', NO_TASK, '--type', 'greet'], /^--parent lists all subtasks of a task: leave out the filters\./],
    [['--since', '1h', '--from', '2026-01-01T00:00:00Z'], /^--since and --from say two times: give one\./],
    [['--since', 'today'], /^--since "today" must be a number of s, m, h or d/],
    [['tasks'], /^There is nothing to do with "tasks"\./],
  ])('refuses %j', async (args, message) => {
    const { millrace } = await startWorld();
    expect(await millrace('list', ...args)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  test('shows tasks in columns, whole and without colours where its reader is no terminal', async () => {
    const { millrace, client } = await startWorld();
    expect(await millrace('list')).toEqual({ exitCode: 0, stdout: '', stderr: 'There are none.\n' });
    const { id } = await client.submit('greet', { name: 'Ada' });
    const { stdout } = await millrace('list');
    expect(stdout).toBe(
      [
        'ID                            TYPE   STATUS  ATTEMPT  CREATED               NOTE',
        `${id}  greet  queued  0 of 3   2026-01-01T00:00:00Z\n`,
      ].join('\n'),
    );
  });

  test('has what its filters say, and as many as it is to have', async () => {
    const { millrace, client, seen } = await startWorld();
    await client.submitAll(Array.from({ length: 130 }, () => ({ type: 'greet', input: { name: 'Ada' } })));
    const assigned = await client.submit('echo', 1, { assignee: { type: 'user', id: 'u:1' } });
    const linesOf = (text: string) => text.trimEnd().split('\n');
    const twenty = await millrace('list');
    expect(linesOf(twenty.stdout)).toHaveLength(21);
    expect(twenty.stderr).toBe('More may follow: a larger --limit shows them.\n');
    expect(linesOf((await millrace('list', '--limit', '120')).stdout)).toHaveLength(121);
    const all = await millrace('list', '--all', '--json');
    expect(new Set(linesOf(all.stdout).map((line) => JSON.parse(line).id)).size).toBe(131);
    expect(all.stderr).toBe('');
    const own = await millrace('list', '--assignee', 'user:u:1', '--json');
    expect(linesOf(own.stdout).map((line) => JSON.parse(line).id)).toEqual([assigned.id]);
    expect(seen.at(-1)?.request).toContain('assigneeType=user&assigneeId=u%3A1');
    await millrace('list', '--from', '2026-01-01T00:00:00Z', '--to', '2026-01-02T00:00:00Z', '--error-code', 'timeout');
    expect(decodeURIComponent(String(seen.at(-1)?.request))).toBe(
      'GET /api/tasks?errorCode=timeout&createdFrom=2026-01-01T00:00:00.000Z&createdTo=2026-01-02T00:00:00.000Z&limit=20',
    );
    const hourAgo = Date.now() - 3_600_000;
    await millrace('list', '--since', '1h');
    const since = new URLSearchParams(seen.at(-1)?.request.split('?')[1]).get('createdFrom');
    expect(Math.abs(Date.parse(String(since)) - hourAgo)).toBeLessThan(60_000);
    expect((await millrace('list', '--parent', assigned.id)).stderr).toBe('There are none.\n');
  });

  test('ends without a word where nobody reads on', async () => {
    const { client, url } = await startWorld();
    await client.submitAll(Array.from({ length: 500 }, () => ({ type: 'greet', input: { name: 'Ada' } })));
    const main = `${import.meta.dirname}/../../../../cli/main.ts`;
    const shell = spawn('bash', ['--norc', '-c', `"${process.execPath}" "${main}" list --all --json | head -n 1`], {
      env: { PATH: process.env.PATH, ...environmentOf(url) },
    });
    const [first, said] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
    expect(JSON.parse(first)).toMatchObject({ type: 'greet' });
    expect(said).toBe('');
  });
});

test('a call that fails for a while is made again', async () => {
  const { url } = await startUnkindApi(unkind.isLost, unkind.refuses(503, 'unavailable', '1'));
  expect(await command(['lanes', '--json'], { env: environmentOf(url) })).toMatchObject({ exitCode: 0, stderr: '' });
});
