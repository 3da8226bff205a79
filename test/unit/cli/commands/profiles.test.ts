import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refusalOfKey } from '../../../../cli/deployment/refuse-keys.ts';
import { newAccessKey } from '../../../../functions/core/tenant/access-key.ts';
import { command, newFolder, startInTerminal } from '../../../doubles/command.ts';
import { startUnkindApi } from '../../client/unkind-api.ts';

const KEY = newAccessKey(new Uint8Array(32).fill(7));

/** Runs commands with settings of their own. */
function withSettings() {
  const folder = newFolder();
  const millrace = (args: readonly string[], input = '', env: Record<string, string> = {}) =>
    command(args, { input, env: { XDG_CONFIG_HOME: folder, ...env } });
  return { folder, file: join(folder, 'millrace/profiles.json'), millrace };
}

describe('profiles', () => {
  test.each([
    [['set', 'prod'], /^--url is missing\./],
    [['set', '../prod', '--url', 'https://example.com'], /^"\.\.\/prod" must be up to 64 letters, digits/],
    [
      ['set', 'prod', '--url', 'example.com'],
      /^--url "example\.com": the URL of the API is none: it begins with https/,
    ],
    [
      ['set', 'prod', '--url', 'https://example.com', '--key-environment', 'A', '--key-command', 'b'],
      /say two places: give one/,
    ],
    [['set', 'prod', '--url', 'https://example.com'], /^No key was given\.\n$/],
    [['use', 'prod'], /^There is no profile "prod"; there are none yet/],
    [['delete', 'prod'], /^There is no profile "prod"/],
    [['show'], /^The command must be "list", "set", "use" or "delete", not "show"\./],
  ])('%j is refused', async (args, message) => {
    const { millrace } = withSettings();
    expect(await millrace(['profiles', ...args])).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  test('a file that is none of theirs is told by its name', async () => {
    const { millrace, file } = withSettings();
    await millrace(['profiles', 'set', 'prod', '--url', 'https://example.com'], KEY);
    for (const text of ['{', '{"profiles": {"prod": {"url": "https://example.com"}}}']) {
      writeFileSync(file, text);
      const { exitCode, stderr } = await millrace(['list', '--profile', 'prod']);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: expect.stringContaining(`${file} must have "profiles"`),
      });
    }
  });

  test('a key is kept where only its owner may read it, and is refused where others may', async () => {
    const { url, seen } = await startUnkindApi();
    const { folder, millrace } = withSettings();
    const set = await millrace(['profiles', 'set', 'prod', '--url', `${url}/`], `${KEY}\n`);
    const keyFile = join(folder, 'millrace/keys/prod');
    expect(set).toEqual({ exitCode: 0, stdout: '', stderr: `The profile prod is kept. Its key is in ${keyFile}.\n` });
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'millrace/profiles.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'millrace/profiles.json'), 'utf8')).not.toContain(KEY);
    // The first is meant where none is named.
    expect(await millrace(['list'])).toMatchObject({ exitCode: 0 });
    expect(seen.at(-1)?.headers.authorization).toBe(`Bearer ${KEY}`);
    chmodSync(keyFile, 0o644);
    expect(await millrace(['list'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining(`${keyFile} may be read by others: \`chmod 600 ${keyFile}\``),
    });
    await millrace(['profiles', 'delete', 'prod']);
    expect(() => statSync(keyFile)).toThrow(/ENOENT/);
  });

  test('a key comes from a variable or from a command, once for a run', async () => {
    const { url, seen } = await startUnkindApi();
    const { folder, millrace } = withSettings();
    await millrace(['profiles', 'set', 'one', '--url', url, '--key-environment', 'ONE_KEY']);
    await millrace([
      'profiles',
      'set',
      'other',
      '--url',
      url,
      '--key-command',
      `echo x >> ${folder}/asked; echo secret`,
    ]);
    expect(await millrace(['list', '--profile', 'one'], '', { ONE_KEY: ' k1 ' })).toMatchObject({ exitCode: 0 });
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer k1');
    expect(await millrace(['list', '--profile', 'one'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/ONE_KEY is not set/),
    });
    expect(await millrace(['redrive', 'default-high-0'], '', { MILLRACE_PROFILE: 'other' })).toMatchObject({
      exitCode: 0,
    });
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer secret');
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('x\n');
    await millrace(['profiles', 'set', 'other', '--url', url, '--key-command', 'exit 3']);
    expect(await millrace(['list', '--profile', 'other'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/the keyCommand of the profile ended with 3/),
    });
  });

  test('the one that is named goes before those of the environment, and these before the default', async () => {
    const [byDefault, environment, named] = [await startUnkindApi(), await startUnkindApi(), await startUnkindApi()];
    const { millrace } = withSettings();
    await millrace(['profiles', 'set', 'a', '--url', byDefault.url, '--key-environment', 'K']);
    await millrace(['profiles', 'set', 'b', '--url', named.url, '--key-environment', 'K']);
    const env = { K: 'k', MILLRACE_URL: environment.url, MILLRACE_KEY: 'k' };
    await millrace(['list', '--profile', 'b'], '', env);
    await millrace(['list'], '', env);
    await millrace(['list'], '', { K: 'k' });
    expect([byDefault, environment, named].map(({ seen }) => seen.length)).toEqual([1, 1, 1]);
    await millrace(['profiles', 'use', 'b']);
    await millrace(['list'], '', { K: 'k' });
    expect(named.seen.length).toBe(2);
    const { stdout } = await millrace(['profiles']);
    expect(stdout).toBe(
      [
        `NAME  DEFAULT  URL${' '.repeat(named.url.length - 1)}KEY`,
        `a              ${byDefault.url.padEnd(named.url.length)}  in the variable K`,
        `b     yes      ${named.url}  in the variable K\n`,
      ].join('\n'),
    );
    const lines = (await millrace(['profiles', '--json'])).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[1]).toEqual({ name: 'b', default: true, url: named.url, keyEnvironment: 'K' });
  });

  test('a key that is typed is not shown', async () => {
    const folder = newFolder();
    const set = ['profiles', 'set', 'prod', '--url', 'https://example.com'];
    const terminal = startInTerminal(set, { env: { XDG_CONFIG_HOME: folder } });
    await expect.poll(terminal.shown).toContain('Key for prod (it is not shown): ');
    terminal.type(`${KEY}\r`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toMatch(/The profile prod is kept\./);
    expect(terminal.shown()).not.toContain(KEY.slice(3, 9));
    expect(readFileSync(join(folder, 'millrace/keys/prod'), 'utf8')).toBe(`${KEY}\n`);
    const given = startInTerminal(set, { env: { XDG_CONFIG_HOME: newFolder() } });
    await expect.poll(given.shown).toContain('Key for prod');
    given.type('\x03');
    expect(await given.ended).toBe(130);
    expect(given.shown()).toContain('Nothing was kept.');
  });
});

test('each key that is made is known in the arguments', () => {
  for (const fill of [0, 7, 63, 251, 255]) {
    const key = newAccessKey(new Uint8Array(32).fill(fill));
    expect(refusalOfKey(['list', `--x=${key}`])).toMatch(/^A key stands in the arguments/);
  }
  expect(refusalOfKey(['get', `mr_${'k'.repeat(42)}`])).toBeUndefined();
});
