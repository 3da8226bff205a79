import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command, newFolder, startCommand } from '../../../doubles/command.ts';
import { invoke } from '../../../doubles/executor-world.ts';
import { startUnkindApi, unkind } from '../../client/unkind-api.ts';

const environmentOf = (url: string) => ({ MILLRACE_URL: url, MILLRACE_KEY: 'mr_key' });
/** Nothing listens there. */
const NOWHERE = environmentOf('http://127.0.0.1:9');

describe('submit is refused in a sentence', () => {
  test.each([
    [[], /^<type> is missing\.\n\nUsage: millrace submit \[options\] <type> \[input\]\n$/],
    [['greet', '{'], /^"\{" cannot be the input: it is not JSON: /],
    [['greet', '@none.json'], /^none\.json cannot be read: there is no such file\.\n/],
    [
      ['greet', '{"n": 12345678901234567890}'],
      /\/n is 12345678901234567890, which would be read as .+: send it as text/,
    ],
    [['greet', '{"a": 1, "a": 2}'], /\/a is there twice, with two values: give it once/],
    [['greet', '{}', 'more'], /^There is nothing to do with "more"\./],
    [['greet', '--priority', 'urgent'], /^--priority "urgent" must be one of high, normal, low\.\n/],
    [['greet', '--delay', '10'], /^--delay "10" must be a number of s, m, h or d: 90s, 10m, 2h\./],
    [
      ['greet', '--delay', '10s', '--run-at', '2026-01-01T00:00:00Z'],
      /^--delay and --run-at say two times: give one\./,
    ],
    [['greet', '--run-at', 'tomorrow'], /^--run-at "tomorrow" must be a time with its zone, such as 2026-/],
    [['greet', '--assignee', 'ada'], /^--assignee "ada" must be <type>:<id>, such as user:u-17\./],
    [['greet', '--attempts', '0'], /^--attempts "0" must be a whole number from 1 on\./],
    [['greet', '--timeout', '1m'], /^--timeout goes with --wait\./],
    [['greet', '--ttl', '1m'], /^--ttl goes with --idempotency-key\./],
    [['greet', '--priorty', 'low'], /^Unknown option '--priorty'\. \(Did you mean --priority\?\)/],
    [['greet', '--local'], /^Nothing runs here: start it with `npm start`, or leave out --local\.\n$/],
    [
      ['greet', '--profile', 'prod'],
      /^There is no profile "prod"; there are none yet\. `millrace profiles set prod --url <url>` makes it\.\n$/,
    ],
    [['greet', '--local', '--profile', 'prod'], /^--local and --profile name two deployments\./],
  ])('as wrong usage: %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await command(['submit', ...args], { env: NOWHERE });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('where no deployment is named, with the ways to name one', async () => {
    const { exitCode, stderr } = await command(['submit', 'greet']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        'No deployment is named: give --local for what `npm start` runs here or --profile <name>, or set MILLRACE_URL and MILLRACE_KEY.\n',
    });
  });

  test('where the URL is none', async () => {
    const { exitCode, stderr } = await command(['submit', 'greet'], { env: environmentOf('127.0.0.1:9') });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(/^"127\.0\.0\.1:9" cannot be called: the URL of the API is none: /),
    });
  });

  test('where the standard input is no JSON, or no UTF-8', async () => {
    const notJson = await command(['submit', 'greet', '-'], { env: NOWHERE, input: 'name: Ada' });
    expect(notJson.stderr).toMatch(/^The standard input cannot be the input: it is not JSON/);
    const notUtf8 = await command(['submit', 'greet', '-'], { env: NOWHERE, input: Buffer.from([0x22, 0xff, 0x22]) });
    expect(notUtf8).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/is not UTF-8/) });
  });

  test.each([
    [
      'a type that there is not',
      ['greed'],
      3,
      /^The task cannot be accepted as it is: \/type there is no task type "greed"; there are: greet, echo, refuse \(invalid_request\)\.\n$/,
    ],
    ['an input that does not fit', ['greet', '{"nom": 1}'], 3, /\/input\/name .+\(invalid_request\)/],
  ])('by the API, for %s', async (_, args, exitCode, message) => {
    const { url } = await startUnkindApi();
    expect(await command(['submit', ...args], { env: environmentOf(url) })).toEqual({
      exitCode,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  test.each([
    [
      'a lane that takes no more',
      unkind.refuses(429, 'lane_saturated', '90'),
      3,
      /^Not now \(lane_saturated\)\. Try again in 90 s\.\n$/,
    ],
    ['a key that is unknown', unkind.refuses(401, 'unauthenticated'), 6, /\(unauthenticated\)/],
    ['a key without the scope', unkind.refuses(403, 'missing_scope'), 6, /\(missing_scope\)/],
    [
      'what is none of Millrace',
      unkind.refusesWith(200, '<html>'),
      5,
      /is this the URL that Millrace printed\? \(unreadable\)/,
    ],
  ])('by whoever answers, for %s', async (_, behaviour, exitCode, message) => {
    const { url } = await startUnkindApi(behaviour);
    const ended = await command(['submit', 'greet', '{"name":"Ada"}'], { env: environmentOf(url) });
    expect(ended).toEqual({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('where nobody answers, and where there is no key', async () => {
    const deaf = await command(['submit', 'greet', '--deadline', '1s'], { env: NOWHERE });
    expect(deaf).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/^No answer of the API came: .+ \(network\)/),
    });
    const keyless = await command(['submit', 'greet'], { env: { MILLRACE_URL: NOWHERE.MILLRACE_URL } });
    expect(keyless).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/MILLRACE_KEY is not set/) });
  });
});

describe('submit', () => {
  test('prints the id, and to a person what comes next', async () => {
    const { url, seen } = await startUnkindApi();
    const { exitCode, stdout, stderr } = await command(['submit', 'greet', '{"name":"Ada"}'], {
      env: environmentOf(url),
    });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^[0-9A-Z]{26}-0\n$/) });
    expect(stderr).toBe(`greet is queued; \`millrace wait ${stdout.trim()}\` waits for it.\n`);
    expect(seen[0]?.headers.authorization).toBe('Bearer mr_key');
  });

  test('says how to wait in the deployment that was called', async () => {
    const { url } = await startUnkindApi();
    const cwd = newFolder();
    const here = { name: 'shop', url, apiKey: 'mr_key' };
    const aws = { awsEndpoint: url, region: 'us-east-1', credentials: 'any' };
    mkdirSync(join(cwd, '.millrace'));
    writeFileSync(join(cwd, '.millrace/local.json'), JSON.stringify({ ...here, millraces: [here], ...aws }));
    const local = await command(['submit', 'greet', '{"name":"Ada"}', '--local'], { cwd });
    expect(local.stderr).toContain(`\`millrace wait ${local.stdout.trim()} --local\``);
    const named = ['--local', '--name', 'shop'];
    const late = await command(['submit', 'greet', '{"name":"Ada"}', ...named, '--wait', '--timeout', '1s'], { cwd });
    expect(late).toMatchObject({
      exitCode: 7,
      stderr: expect.stringMatching(/goes on: `millrace wait \S+ --local --name shop` waits for it again/),
    });
    // What is saved of it goes by its name there, which the next synth looks for.
    expect((await command(['definitions', 'save', '--local'], { cwd })).stderr).toContain('says of shop what');
  });

  test('sends all that its options say, and prints what the API answers', async () => {
    const { url, seen, client } = await startUnkindApi();
    const options = [
      ...['--priority', 'high', '--delay', '2m', '--assignee', 'user:u:1', '--workflow', 'w-1', '--attempts', '2'],
      ...['--tag', 'order/7', '--tag', 'eu'],
      ...['--attempt-timeout', '5s', '--idempotency-key', 'k-1', '--ttl', '1h', '--json'],
    ];
    const { stdout } = await command(['submit', 'greet', '{"name":"Ada"}', ...options], { env: environmentOf(url) });
    const { id } = JSON.parse(stdout);
    expect(JSON.parse(stdout)).toEqual(await client.get(id));
    expect(seen[0]?.headers['idempotency-key']).toBe('k-1');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      ...{ type: 'greet', input: { name: 'Ada' }, priority: 'high', delaySeconds: 120, workflowInstanceId: 'w-1' },
      tags: ['order/7', 'eu'],
      ...{ assignee: { type: 'user', id: 'u:1' }, maxAttempts: 2, timeoutSeconds: 5, idempotencyKeyTtlSeconds: 3600 },
    });
  });

  test('takes its input from a file, with a byte order mark, and from the standard input', async () => {
    const { url, seen } = await startUnkindApi();
    const cwd = newFolder();
    writeFileSync(join(cwd, 'ada.json'), '\ufeff{"name": "Ada"}\n');
    const env = environmentOf(url);
    await command(['submit', 'greet', '@ada.json'], { env, cwd });
    await command(['submit', 'greet', '-', '--run-at', '2026-01-01T01:00:00+01:00'], { env, input: '{"name": "Bob"}' });
    await command(['submit', 'echo'], { env });
    expect(seen.map(({ body }) => JSON.parse(body))).toEqual([
      { type: 'greet', input: { name: 'Ada' } },
      { type: 'greet', input: { name: 'Bob' }, runAt: '2026-01-01T00:00:00.000Z' },
      { type: 'echo', input: {} },
    ]);
  });
});

describe('submit --wait', () => {
  test.each([
    ['greet', '{"name":"Ada"}', { exitCode: 0, stdout: '{\n  "greeting": "Hello Ada"\n}\n' }],
    [
      'refuse',
      '1',
      { exitCode: 1, stdout: '', stderr: expect.stringMatching(/the task refuse \S+: no \(unspeakable\)/i) },
    ],
  ])('tells of %s how it has ended', async (type, input, outcome) => {
    const { url, world } = await startUnkindApi();
    const running = setInterval(() => invoke(world), 200);
    const ended = await command(['submit', type, input, '--wait'], { env: environmentOf(url) });
    clearInterval(running);
    expect(ended).toMatchObject(outcome);
  });

  test('that takes too long, or is ended by Ctrl-C, says that the task goes on', async () => {
    const { url, seen } = await startUnkindApi();
    const waiting = ['submit', 'greet', '{"name":"Ada"}', '--wait'];
    const late = await command([...waiting, '--timeout', '1s', '--json'], { env: environmentOf(url) });
    expect(late).toMatchObject({ exitCode: 7, stderr: expect.stringMatching(/goes on: `millrace wait \S+` waits/) });
    expect(JSON.parse(late.stdout)).toMatchObject({ status: 'queued' });
    const before = seen.length;
    const { child, ended } = startCommand(waiting, { env: environmentOf(url) });
    await expect.poll(() => seen.length).toBeGreaterThan(before + 1);
    const interrupted = performance.now();
    child.kill('SIGINT');
    expect(await ended).toMatchObject({
      exitCode: 130,
      stdout: '',
      stderr: expect.stringMatching(/^The task \S+ goes on: `millrace wait/m),
    });
    expect(performance.now() - interrupted).toBeLessThan(3_000);
  });
});

describe('a key in the arguments', () => {
  const key = `mr_${'k'.repeat(43)}`;

  test.each([
    [['submit', 'greet', `--key=${key}`], /^A key stands in the arguments.+: revoke it/],
    [['submit', 'greet', '{}', '--key', key], /^A key stands in the arguments/],
    [['submit', 'greet', `{"key":"${key}"}`], /^A key stands in the arguments/],
    [['profiles', 'set', 'prod', '--key-command', `echo ${key}`], /^A key stands in the arguments/],
    [['keys', 'revoke', '--tenant', 'acme', '--id', key], /^A key stands in the arguments/],
    [['list', '--key', 'token'], /^There is no --key: .+ Set MILLRACE_KEY, or keep the key by `millrace profiles set`/],
    [['list', '--api-key=token'], /^There is no --api-key: /],
    [['list', '--token', 'token'], /^There is no --token: /],
  ])('is refused with the reason, and not repeated: %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await command(args, { env: NOWHERE });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 2, stdout: '', stderr: expect.stringMatching(message) });
    expect(stderr).not.toContain(key);
  });
});
