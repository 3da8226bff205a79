import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { bashCompletion } from '../../../../cli/completion/bash.ts';
import { fishCompletion } from '../../../../cli/completion/fish.ts';
import { type Place, placesOf } from '../../../../cli/completion/words.ts';
import { zshCompletion } from '../../../../cli/completion/zsh.ts';
import { npmCommand } from '../../../../cli/npm-command.ts';
import { command, MAIN } from '../../../doubles/command.ts';

const hasShell = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** What is on a command line, and what it may go on with. */
const CASES: [line: string, choices: string[], missing?: string[]][] = [
  ['', ['submit', 'definitions', 'keys', 'completion']],
  ['su', ['submit'], ['list']],
  ['submit --pri', ['--priority'], ['--delay']],
  ['submit --priority ', ['high', 'normal', 'low']],
  ['submit greet --', ['--wait', '--idempotency-key', '--json']],
  ['list --status s', ['scheduled', 'succeeded'], ['failed']],
  ['definitions ', ['list', 'pause', 'tune']],
  ['definitions tune --priority d', ['default'], ['high']],
  ['definitions list --', ['--json'], ['--status']],
  ['keys ', ['create', 'revoke']],
  ['keys create --', ['--scopes', '--tenant']],
  ['plan --', ['--backlog', '--rate']],
  ['dev --', ['--fresh', '--context']],
  ['completion z', ['zsh'], ['bash']],
];

const scripts: Record<string, string> = {};
beforeAll(() => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'completion', shell], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    scripts[shell] = stdout;
  }
}, 60_000);

test('a shell that there is none for is refused by those that there are', async () => {
  const message = /^<shell> "csh" must be one of bash, zsh, fish\.\n/;
  expect(await command(['completion', 'csh'])).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: expect.stringMatching(message),
  });
  expect(await command(['completion'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^<shell> is missing/),
  });
});

function inBash(line: string): string[] {
  const words = ['millrace', ...line.split(' ')];
  const script = `${scripts.bash}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_millrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-u', '-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
}

function inFish(line: string): string[] {
  const { stdout, stderr } = spawnSync(
    'fish',
    ['--no-config', '-c', `${scripts.fish}\ncomplete -C ${JSON.stringify(`millrace ${line}`)}`],
    {
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  return stdout
    .trim()
    .split('\n')
    .map((choice) => choice.split('\t')[0] ?? '');
}

/** Completion wants an interactive zsh: here what it would show is printed instead. */
function inZsh(line: string): string[] {
  const words = ['millrace', ...line.split(' ')];
  const script = `compdef() { :; }; _files() { :; }
compadd() { shift; print -l -- "$@"; }
_describe() { print -l -- "\${(@P)2}"; }
${scripts.zsh}
words=(${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length}
_millrace`;
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const beginning = words.at(-1) ?? '';
  const choices = stdout
    .trim()
    .split('\n')
    .map((choice) => choice.split(':')[0] ?? '');
  return choices.filter((choice) => choice.startsWith(beginning));
}

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
])('%s', (shell, complete) => {
  test.runIf(hasShell(shell)).each(CASES)('completes "millrace %s"', (line, choices, missing = []) => {
    const found = complete(line);
    expect(found).toEqual(expect.arrayContaining(choices));
    for (const choice of missing) expect(found).not.toContain(choice);
  });
});

test('every command, subcommand, option and value is in each script', () => {
  for (const script of Object.values(scripts)) {
    for (const word of ['submit', 'redrive', 'schedules', 'revoke', 'idempotency-key', 'overlap', 'cancelled']) {
      expect(script).toContain(word);
    }
  }
});

describe('what stands in a description does nothing to a shell', () => {
  const hostile = npmCommand('list', `it's "$(touch hurt)" \`touch hurt\` \\ a:b`).option(
    '--x <y>',
    "it's $HOME; rm -r",
  );
  const places: Place[] = placesOf(npmCommand('millrace', 'top').addCommand(hostile), '');

  test.runIf(hasShell('bash'))('of bash', () => {
    expect(spawnSync('bash', ['-n', '-c', bashCompletion(places)]).stderr.toString()).toBe('');
  });

  test('of zsh and fish', () => {
    expect(zshCompletion(places)).toContain(`'list:it'\\''s "$(touch hurt)" \`touch hurt\` \\ a:b'`);
    expect(fishCompletion(places)).toContain(`-d 'it\\'s "$(touch hurt)" \`touch hurt\` \\\\ a:b'`);
  });
});
