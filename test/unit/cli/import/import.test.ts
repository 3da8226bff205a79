import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { command, startInTerminal } from '../../../doubles/command.ts';
import { startUnkindApi, unkind } from '../../client/unkind-api.ts';
import { fileOf, greeting, greetings, onceEach, tasksOf } from './imported-file.ts';

/** So many lines are imported by whoever is killed meanwhile. */
const LINES = Number(process.env.MILLRACE_IMPORTED_LINES ?? 6_000);

describe('import is refused', () => {
  test.each([
    [['none.jsonl'], /^none\.jsonl cannot be read: there is no such file\./],
    [['folder'], /^folder is no file/],
    [[], /^<file> is missing\./],
    [['tasks.jsonl', '--concurrency', '21'], /^--concurrency "21" must be 20 at most\./],
    [['tasks.jsonl', '--concurrency', '0'], /^--concurrency "0" must be a whole number/],
    [['tasks.jsonl', 'more.jsonl'], /^There is nothing to do with "more\.jsonl"\./],
  ])('as %j', async (args, message) => {
    const { cwd, file } = fileOf(greetings(1));
    mkdirSync(file('folder'));
    const ended = await command(['import', ...args], {
      cwd,
      env: { MILLRACE_URL: 'http://127.0.0.1:9', MILLRACE_KEY: 'k' },
    });
    expect(ended).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('while another import of the file has not ended, until that is given up', async () => {
    const api = await startUnkindApi(unkind.refuses(401, 'unauthenticated'));
    const { file, run } = fileOf(greetings(2));
    expect(await run(api).ended).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/the same command goes on from here/),
    });
    expect(await run(api, '--as', 'again').ended).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/is being imported as ""/),
    });
    expect(await run(await startUnkindApi()).ended).toMatchObject({
      stderr: expect.stringContaining(`is being imported to ${api.url}`),
    });
    writeFileSync(file('tasks.jsonl'), `${JSON.stringify(greeting(3))}\n`);
    expect(await run(api).ended).toMatchObject({
      exitCode: 2,
      stderr: 'tasks.jsonl has changed since its import began: finish that, or give it up by --no-resume.\n',
    });
    writeFileSync(file('tasks.import.json'), '{}');
    expect(await run(api).ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/does not say how far the import is/),
    });
    expect(await run(api, '--no-resume').ended).toMatchObject({ exitCode: 0 });
    expect(await tasksOf(api)).toEqual({ 'line-3': 1 });
  });
});

describe('import', () => {
  test('submits each line once, and the same file again as the same tasks', async () => {
    const api = await startUnkindApi();
    const { file, run } = fileOf(['', ...greetings(1_200), '   ']);
    expect(await run(api).ended).toEqual({
      exitCode: 0,
      stdout: '1200 tasks submitted, 0 there already, 0 lines refused.\n',
      stderr: '',
    });
    expect(existsSync(file('tasks.import.json'))).toBe(false);
    expect(existsSync(file('tasks.rejected.jsonl'))).toBe(false);
    const again = await run(api, '--json').ended;
    expect(JSON.parse(again.stdout)).toEqual({ lines: 1202, accepted: 0, replayed: 1200, rejected: 0 });
    expect(await tasksOf(api)).toEqual(onceEach(1_200));
    expect((await run(api, '--as', 'second').ended).stdout).toMatch(/^1200 tasks submitted/);
    expect(Object.values(await tasksOf(api))).toEqual(Array(1_200).fill(2));
  });

  test('sends the keys that lines have, and of others one that comes from the file', async () => {
    const api = await startUnkindApi();
    const { run } = fileOf([{ ...greeting(1), idempotencyKey: 'own' }, greeting(2), greeting(2)]);
    await run(api).ended;
    const { tasks } = JSON.parse(api.seen[0]?.body ?? '');
    expect(tasks.map(({ idempotencyKey }: { idempotencyKey: string }) => idempotencyKey)).toEqual([
      'own',
      expect.stringMatching(/^import-[\w-]{43}$/),
      expect.stringMatching(/^import-[\w-]{43}$/),
    ]);
    expect(await tasksOf(api)).toEqual({ 'line-1': 1, 'line-2': 2 });
  });

  test('keeps lines that are refused beside the file, each with its number and its problem', async () => {
    const deep = `{"type": "echo", "input": ${'['.repeat(99)}${']'.repeat(99)}}`;
    const api = await startUnkindApi();
    const { file, run } = fileOf([
      greeting(1),
      'no JSON \x1b[2J',
      '["greet"]',
      { ...greeting(4), type: 'greed' },
      '{"type": "echo", "input": 12345678901234567890}',
      deep,
      { ...greeting(7), idempotencyKeyTtlSeconds: 5 },
      { type: 'greet', input: { nom: 'Ada' } },
      greeting(9),
      { ...greeting(10), idempotencyKey: 'ä' },
    ]);
    const ended = await run(api).ended;
    expect(ended).toEqual({
      exitCode: 3,
      stdout: '2 tasks submitted, 0 there already, 8 lines refused.\n',
      stderr: 'tasks.rejected.jsonl says why lines were refused.\n',
    });
    expect(await tasksOf(api)).toEqual({ 'line-1': 1, 'line-9': 1 });
    const text = readFileSync(file('tasks.rejected.jsonl'), 'utf8');
    const rejected = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const found = rejected.map(({ line, problem: { code, detail } }) => `${line} ${code}: ${detail}`);
    expect(found).toEqual([
      expect.stringMatching(/^2 invalid_line: it is not JSON/),
      expect.stringMatching(/^3 invalid_line: it is no task, such as/),
      expect.stringMatching(/^4 invalid_request: .*there is no task type "greed"/),
      expect.stringMatching(/^5 invalid_line: \/input is 12345678901234567890, which would be read as/),
      expect.stringMatching(/^6 invalid_request: the body nests more than 100 levels deep/),
      expect.stringMatching(/^7 invalid_line: idempotencyKeyTtlSeconds would end the key/),
      expect.stringMatching(/^8 invalid_request: .*\/input\/name is missing/),
      expect.stringMatching(/^10 invalid_request: .*idempotencyKey/),
    ]);
    expect(rejected.slice(0, 2).map((line) => line.text)).toEqual(['no JSON \x1b[2J', '["greet"]']);
    expect(rejected[6].problem).toMatchObject({
      status: 400,
      errors: [{ field: '/input/name' }, { field: '/input/nom' }],
    });
    expect(text).not.toContain('\x1b');
  });

  test('waits as it is told where a lane takes no more, however long', async () => {
    const saturated = unkind.refuses(429, 'lane_saturated', '2');
    const api = await startUnkindApi(saturated, saturated);
    const { run } = fileOf(greetings(3));
    const began = performance.now();
    expect(await run(api, '--deadline', '1s').ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(performance.now() - began).toBeGreaterThan(4_000);
    expect(await tasksOf(api)).toEqual(onceEach(3));
  });

  test('that nobody answers goes on where it stopped', async () => {
    const api = await startUnkindApi();
    const { run } = fileOf(greetings(1_700));
    const cut = [unkind.answerIsCut, unkind.answerIsLost, unkind.isLost, unkind.refuses(503, 'unavailable')];
    api.behaviours.push(...Array.from({ length: 60 }, (_, place) => cut[place % 4] ?? unkind.isLost));
    const lost = await run(api, '--concurrency', '2', '--deadline', '2s').ended;
    expect(lost).toMatchObject({
      exitCode: 5,
      stdout: '',
      stderr: expect.stringMatching(/^The import has not ended: the same command goes on/),
    });
    api.behaviours.splice(0);
    expect(await run(api).ended).toMatchObject({ exitCode: 0 });
    expect(await tasksOf(api)).toEqual(onceEach(1_700));
  });

  test('has each line once, and each refusal once, however often it is killed', { timeout: 600_000 }, async () => {
    const api = await startUnkindApi();
    const isBad = (place: number): boolean => place % 100 === 99;
    const { file, run } = fileOf(
      greetings(LINES).map((line, place) => (isBad(place) ? { ...line, type: 'greed' } : line)),
    );
    let kills = 0;
    let resumes = 0;
    for (;;) {
      const { child, ended } = run(api);
      const before = api.seen.length;
      // It is killed before its first request, or when another one, two or three of them are under way or answered.
      const kill = async (): Promise<void> => {
        while (api.seen.length < before + (kills % 4) && child.exitCode === null) await sleep(2);
        await sleep(kills % 3);
        child.kill('SIGKILL');
      };
      if (kills < 20) void kill();
      const { exitCode, stdout, stderr } = await ended;
      if (stderr.startsWith('Goes on behind line')) resumes++;
      if (exitCode !== null) {
        expect({ exitCode, stdout }).toEqual({
          exitCode: 3,
          stdout: expect.stringContaining(`${LINES / 100} lines refused`),
        });
        break;
      }
      kills++;
    }
    expect(kills).toBeGreaterThanOrEqual(3);
    expect(resumes).toBeGreaterThanOrEqual(1);
    const lines = onceEach(LINES);
    for (let place = 0; place < LINES; place++) if (isBad(place)) delete lines[`line-${place + 1}`];
    expect(await tasksOf(api)).toEqual(lines);
    const refused = readFileSync(file('tasks.rejected.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).line);
    expect(refused).toEqual(Array.from({ length: LINES / 100 }, (_, place) => 100 * (place + 1)));
  });

  test('that Ctrl-C ends says how it goes on', async () => {
    const api = await startUnkindApi(unkind.answersNever);
    const { file, run } = fileOf(greetings(2));
    const { child, ended } = run(api);
    await expect.poll(() => api.seen.length).toBe(1);
    child.kill('SIGINT');
    expect(await ended).toEqual({
      exitCode: 130,
      stdout: '',
      stderr: 'Stopped: the same command goes on from here.\n',
    });
    expect(existsSync(file('tasks.import.json'))).toBe(true);
    expect(await run(api, '--resume').ended).toMatchObject({ exitCode: 0 });
  });

  test('never has the whole file in memory', async () => {
    const api = await startUnkindApi();
    const { cwd } = fileOf(Array(100).fill('x'.repeat(1_000_000)));
    const env = { MILLRACE_URL: api.url, MILLRACE_KEY: 'k', NODE_OPTIONS: '--max-old-space-size=60' };
    expect(await command(['import', 'tasks.jsonl'], { cwd, env })).toMatchObject({
      exitCode: 3,
      stdout: expect.stringMatching(/100 lines refused/),
    });
  });

  test('shows a bar on a terminal', async () => {
    const api = await startUnkindApi(unkind.refuses(429, 'lane_saturated', '2'));
    const { cwd } = fileOf(greetings(1_200));
    const env = { MILLRACE_URL: api.url, MILLRACE_KEY: 'k' };
    const args = ['import', 'tasks.jsonl', '--concurrency', '1', '--deadline', '1s'];
    const terminal = startInTerminal(args, { cwd, env, columns: 60 });
    await expect.poll(terminal.shown, { timeout: 20_000 }).toMatch(/░{20} 0 % {2}0 lines {2}0\/s {2}waits [23] s \(/);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toMatch(/█+░+ 4\d % {2}500 lines/);
    expect(terminal.shown()).toMatch(/1200 tasks submitted/);
  });
});
