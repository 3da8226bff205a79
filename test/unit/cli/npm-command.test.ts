import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { withContext } from '../../../cli/context-option.ts';
import { keysCommand } from '../../../cli/keys-arguments.ts';
import { logsCommand } from '../../../cli/logs-arguments.ts';
import { withUsage } from '../../../cli/npm-command.ts';
import { planCommand } from '../../../planner/plan-arguments.ts';

const callable = [planCommand, logsCommand, ...keysCommand.commands];

test.each(callable.map((command) => [command.name(), command] as const))(
  'the usage of "%s" names what must be given, and nothing that there is not',
  (_, command) => {
    const usage = withUsage('', command);
    const named = usage.match(/--[a-z][\w-]*/g) ?? [];
    const known = command.options.map(({ long }) => long ?? '');
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    for (const { mandatory, flags } of command.options) if (mandatory) expect(usage).toContain(flags);
  },
);

test('an option of the CDK is read as the CDK reads it: the last of a name counts', () => {
  const given = ['taskEvents=false', 'shards={"default":2}', 'url=a=b', 'taskEvents=true', 'none='];
  expect(given.reduce((before, text) => withContext(text, before), {})).toEqual({
    taskEvents: 'true',
    shards: '{"default":2}',
    url: 'a=b',
    none: '',
  });
  expect(() => withContext('taskEvents')).toThrow('--context "taskEvents" must be name=value, as for cdk deploy.');
  expect(() => withContext('=false')).toThrow('--context "=false" must be name=value');
});

const run = (script: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    // Whoever only asks has no account, and may have no network.
    env: { PATH: process.env.PATH, AWS_EC2_METADATA_DISABLED: 'true' },
  });
  return { status, stdout, stderr };
};

test.each(['cli/keys.ts', 'cli/logs.ts', 'local/start.ts'])('%s tells its options to whoever asks', (script) => {
  const { status, stdout, stderr } = run(script, '--help');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: npm (run|start)[\s\S]+--help +show this text/);
});

test.each([
  ['cli/keys.ts', ['create', '--scopes', 'read'], /^--tenant is missing\.\n\nUsage: npm run keys -- create --tenant/],
  ['cli/keys.ts', [], /^The command is missing: "create", "list" or "revoke"\.\n\nUsage: npm run keys -- create/],
  ['cli/logs.ts', ['--folow'], /^Unknown option '--folow'\. \(Did you mean --follow\?\)\n\nUsage: npm run logs --/],
  [
    'local/start.ts',
    ['-c', 'preset'],
    /^--context "preset" must be name=value[\s\S]+Usage: npm start -- \[options\]\n$/,
  ],
  ['local/start.ts', ['fresh'], /^There is nothing to do with "fresh"\.\n\nUsage: npm start --/],
])('%s %j is refused: its fault and how it is called, without a stack trace', (script, args, message) => {
  const { status, stdout, stderr } = run(script, ...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ +at /m);
});
