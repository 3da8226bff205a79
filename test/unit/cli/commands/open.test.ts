import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command, newFolder } from '../../../doubles/command.ts';

const ID = '01M8CJJBDD7SBGX816HJ92MDVV-0';

/** Makes a folder with a browser's opener in it, which writes down what it is to open. */
function withOpener(script: string) {
  const folder = newFolder();
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const opened = join(folder, 'opened');
  const env = { PATH: `${folder}:${process.env.PATH}`, OPENED: opened, MILLRACE_URL: 'https://example.com/' };
  return { opened, env };
}

test('open prints the address of the console and opens that, without the key', async () => {
  const { opened, env } = withOpener('echo "$@" > "$OPENED"');
  const key = { MILLRACE_KEY: 'mr_secret' };
  const ended = await command(['open'], { env: { ...env, ...key } });
  expect(ended).toEqual({ exitCode: 0, stdout: 'https://example.com/console\n', stderr: '' });
  expect(readFileSync(opened, 'utf8')).toBe('https://example.com/console\n');
  // No key is needed, nor asked for.
  expect((await command(['open', ID], { env })).stdout).toBe(`https://example.com/console#/tasks/${ID}\n`);
  expect(readFileSync(opened, 'utf8')).toBe(`https://example.com/console#/tasks/${ID}\n`);
});

test('open opens what runs in this folder', async () => {
  const { opened, env } = withOpener('echo "$@" > "$OPENED"');
  const cwd = newFolder();
  await mkdir(join(cwd, '.millrace'));
  const millraces = [
    { name: 'a', url: 'http://127.0.0.1:1', apiKey: 'k' },
    { name: 'b', url: 'http://127.0.0.1:2', apiKey: 'k' },
  ];
  const aws = { awsEndpoint: 'http://127.0.0.1:3', region: 'us-east-1', credentials: 'any' };
  writeFileSync(join(cwd, '.millrace/local.json'), JSON.stringify({ ...millraces[0], millraces, ...aws }));
  expect((await command(['open', '--local'], { env, cwd })).stdout).toBe('http://127.0.0.1:1/console\n');
  await command(['open', '--local', '--name', 'b'], { env, cwd });
  expect(readFileSync(opened, 'utf8')).toBe('http://127.0.0.1:2/console\n');
  expect(await command(['open', '--local', '--name', 'c'], { env, cwd })).toMatchObject({
    exitCode: 2,
    stderr: '--name "c" is no Millrace of this app; it has a, b.\n',
  });
});

test('open says where there is no browser, and opens none that is not wanted', async () => {
  const { opened, env } = withOpener('exit 3');
  expect(await command(['open'], { env })).toEqual({
    exitCode: 1,
    stdout: 'https://example.com/console\n',
    stderr: expect.stringMatching(/^(xdg-open|open) could not open it: open the address above\.\n$/),
  });
  expect(await command(['open', '--no-browser'], { env })).toMatchObject({ exitCode: 0 });
  expect(() => readFileSync(opened)).toThrow();
  const odd = await command(['open'], { env: { ...env, MILLRACE_URL: 'file:///etc/passwd' } });
  expect(odd).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/is no address of the web/) });
});
