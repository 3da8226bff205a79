import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { startUnkindApi, unkind } from '../../client/unkind-api.ts';
import { fileOf, greeting, greetings, onceEach, tasksOf } from './imported-file.ts';

describe('two imports of a file at once', () => {
  const lockOf = (file: (name: string) => string, pid: number, host: string, secondsAgo = 0): void => {
    writeFileSync(file('tasks.import.lock'), JSON.stringify({ pid, host }));
    const then = new Date(Date.now() - secondsAgo * 1000);
    utimesSync(file('tasks.import.lock'), then, then);
  };

  test('are one: the second is refused, and the first ends', async () => {
    const api = await startUnkindApi(unkind.refuses(429, 'lane_saturated', '2'));
    const { file, run } = fileOf([...greetings(3), { ...greeting(4), type: 'greed' }]);
    const first = run(api);
    await expect.poll(() => api.seen.length).toBe(1);
    for (const options of [[], ['--as', 'again'], ['--no-resume']]) {
      expect(await run(api, ...options).ended).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `The file is being imported by process ${first.child.pid} of ${hostname()}: wait for that, or end it.\n`,
      });
    }
    expect(await first.ended).toMatchObject({ exitCode: 3, stdout: expect.stringContaining('1 line refused') });
    expect(readFileSync(file('tasks.rejected.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(1);
    expect(await tasksOf(api)).toEqual(onceEach(3));
    expect(existsSync(file('tasks.import.lock'))).toBe(false);
  });

  test.each<[string, number, string, number, number]>([
    ['of a process that is no more', 2 ** 22 + 1, hostname(), 0, 0],
    ['of a process that has given no sign for a minute', process.pid, hostname(), 61, 0],
    ['of another machine that has given no sign for a minute', 1, 'elsewhere', 61, 0],
    ['of another machine', 1, 'elsewhere', 5, 2],
    ['of a process that lives', process.pid, hostname(), 5, 2],
  ])('where one is %s', async (_, pid, host, secondsAgo, exitCode) => {
    const api = await startUnkindApi();
    const { file, run } = fileOf(greetings(1));
    lockOf(file, pid, host, secondsAgo);
    expect(await run(api).ended).toMatchObject({ exitCode });
    expect(existsSync(file('tasks.import.lock'))).toBe(exitCode !== 0);
  });

  test('where one was killed before it had written who it is', async () => {
    const api = await startUnkindApi();
    const { file, run } = fileOf(greetings(1));
    writeFileSync(file('tasks.import.lock'), '');
    expect(await run(api).ended).toMatchObject({ stderr: expect.stringContaining('another process') });
    const then = new Date(Date.now() - 3_000);
    utimesSync(file('tasks.import.lock'), then, then);
    expect(await run(api).ended).toMatchObject({ exitCode: 0 });
  });
});

describe('a file that is changed while it is imported', () => {
  const importWhile = async (change: (path: string) => void) => {
    const api = await startUnkindApi(unkind.refuses(429, 'lane_saturated', '1'));
    const { file, run } = fileOf(greetings(2));
    const { ended } = run(api);
    await expect.poll(() => api.seen.length).toBe(1);
    change(file('tasks.jsonl'));
    return { ended: await ended, isUnderWay: existsSync(file('tasks.import.json')) };
  };

  test.each<[string, (text: string) => string]>([
    ['otherwise', (text) => text.replaceAll('Ada', 'Eva')],
    ['cut', (text) => text.slice(0, 20)],
  ])('is told of, and not taken for whole: %s', async (_, change) => {
    const { ended, isUnderWay } = await importWhile((path) => writeFileSync(path, change(readFileSync(path, 'utf8'))));
    expect(ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^tasks\.jsonl was changed while it was/),
    });
    expect(isUnderWay).toBe(true);
  });

  test('is whole where lines were added behind its end', async () => {
    const { ended, isUnderWay } = await importWhile((path) =>
      writeFileSync(path, `${readFileSync(path, 'utf8')}${JSON.stringify(greeting(3))}\n`),
    );
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^2 tasks submitted/) });
    expect(isUnderWay).toBe(false);
  });
});
