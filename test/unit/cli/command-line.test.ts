import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { EXIT } from '../../../cli/exit-code.ts';
import { command, newFolder } from '../../doubles/command.ts';
import { invoke } from '../../doubles/executor-world.ts';
import { startUnkindApi } from '../client/unkind-api.ts';

const ROOT = join(import.meta.dirname, '../../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/command-line.md'), 'utf8');
const ID = /\b[0-9A-HJKMNP-TV-Z]{26}-\d\b/g;

/** Returns what the document shows of a terminal: each command, and what it prints. */
function shownCommands(): { line: string; output: string }[] {
  const blocks = [...DOCUMENT.matchAll(/```console\n([\s\S]+?)```/g)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block.split(/^\$ /m).flatMap((part) => {
      const [line = '', ...output] = part.split('\n');
      return line === '' ? [] : [{ line, output: output.join('\n') }];
    }),
  );
}

test('docs/command-line.md shows what commands print', { timeout: 120_000 }, async () => {
  const { url, world } = await startUnkindApi();
  const running = setInterval(() => invoke(world), 100);
  const cwd = newFolder();
  writeFileSync(join(cwd, 'tasks.jsonl'), shownCommands().find(({ line }) => line === 'cat tasks.jsonl')?.output ?? '');
  const env = { PATH: process.env.PATH, HOME: cwd, MILLRACE_URL: url, MILLRACE_KEY: 'mr_key' };
  const ids = new Map<string, string>();
  const shown = shownCommands();
  expect(shown.length).toBeGreaterThan(10);
  for (const { line, output } of shown) {
    const real = line.replaceAll(ID, (id) => ids.get(id) ?? id);
    // jq may not be there; what is made of JSON with it is simple enough to be believed where the JSON is right.
    if (line.includes('jq') && spawnSync('jq', ['--version']).status !== 0) continue;
    const script = `exec 2>&1; millrace() { "${process.execPath}" "${ROOT}/cli/main.ts" "$@"; }; ${real}`;
    const shell = spawn('bash', ['--norc', '-c', script], { cwd, env });
    const [printed] = await Promise.all([text(shell.stdout), once(shell, 'close')]);
    const found = printed.match(ID) ?? [];
    for (const [place, id] of (output.match(ID) ?? []).entries()) ids.set(id, found[place] ?? '');
    world.advance(1);
    expect(`$ ${line}\n${printed}`).toBe(`$ ${line}\n${output.replaceAll(ID, (id) => ids.get(id) ?? id)}`);
  }
  clearInterval(running);
});

test('docs/command-line.md has every exit code, and every command', async () => {
  const codes = [...DOCUMENT.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual([0, ...Object.values(EXIT)]);
  const { stdout } = await command(['--help']);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].flatMap(([, name]) => name ?? []);
  expect(names.length).toBeGreaterThan(15);
  const [, table = ''] = /\| command \| \|\n([\s\S]+?)\n\n/.exec(DOCUMENT) ?? [];
  expect(names.filter((name) => !new RegExp(`\`${name}[ \`]`).test(table))).toEqual([]);
});

test.each([
  [['sumbit'], /unknown command 'sumbit'\n\(Did you mean submit\?\)/],
  [['--verbose'], /unknown option '--verbose'/],
  [[], /^Usage: millrace/],
])('millrace %j is wrong usage', async (args, message) => {
  expect(await command(args)).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
});
