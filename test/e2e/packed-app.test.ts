import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.ts';
import { localTarget } from '../../local/aws-target.ts';
import { addPackages, appOf, nextOf, packed, removeMade, run, teamEnvironment } from '../doubles/packed-app.ts';
import { SHOP_APP, SHOP_CONTEXT, SHOP_TASKS, UNGRANTED } from '../doubles/shop-app.ts';
import { apiOf, connectionOf, type StartedApp, startApp, type TeamApi } from './started-app.ts';

/** What is saved is in place within this, on a machine with much else to do. */
const CHANGED = { timeout: 240_000, interval: 1_000 };
const NEXT_VERSION = '0.9.0';
/** These are the words of AWS, by which a team finds what to grant. */
const MISSING_GRANT =
  /not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table\/shop-own-\S+ because no identity-based policy allows/;

let file = '';
let folder = '';
let app: StartedApp;
let api: TeamApi;
beforeAll(async () => {
  file = packed();
  folder = appOf(file, 'shop');
  addPackages(folder, 'cdk-nag@2.38.2', 'slugify@1.6.9', '@aws-sdk/client-dynamodb@3.1164.0');
  writeFileSync(join(folder, 'tasks/shop.ts'), SHOP_TASKS);
  save(SHOP_APP);
  const settings = JSON.parse(readFileSync(join(folder, 'cdk.json'), 'utf8'));
  writeFileSync(
    join(folder, 'cdk.json'),
    JSON.stringify({ ...settings, context: { ...settings.context, ...SHOP_CONTEXT } }),
  );
  app = await startApp(folder);
  api = apiOf(folder);
}, 600_000);
afterAll(async () => {
  await app?.stop();
  removeMade();
}, 120_000);

describe('in a stack of a team', () => {
  test('the type that init has made runs, and what it logs is shown', async () => {
    expect(await api.ended('greet', { name: 'Ada' })).toMatchObject({ output: { greeting: 'Hello Ada' } });
    expect(run(folder, 'npx', 'millrace', 'logs', '--local', '--name', 'shop-tasks')).toMatch(/greet .*greeting/);
  }, 60_000);

  test('the commands of the packed file call it', () => {
    const millrace = (...args: string[]) => run(folder, 'npx', 'millrace', ...args, '--local');
    expect(JSON.parse(millrace('submit', 'greet', '{"name": "Bob"}', '--wait'))).toEqual({ greeting: 'Hello Bob' });
    expect(millrace('list', '--type', 'greet')).toMatch(/ {2}greet {2}succeeded {2}/);
    expect(millrace('definitions')).toMatch(/^order\.place /m);
    // Apart from the app: `millrace dev` would build that anew, and take away meanwhile what the next test reads.
    const lines = join(dirname(folder), 'greet.jsonl');
    writeFileSync(lines, '{"type": "greet", "input": {"name": "Cy"}}\n');
    expect(millrace('import', lines)).toBe('1 task submitted, 0 there already, 0 lines refused.\n');
    expect(run(folder, 'npx', 'millrace', 'completion', 'bash')).toContain('--idempotency-key');
  }, 120_000);

  test('a task runs with an enum, a package, a secret, and a table that its class was granted', async () => {
    const output = { id: 'a-big-order', status: 'placed', paidWith: 'sk_test' };
    for (const type of ['order.place', 'order.isolated'])
      expect(await api.ended(type, { name: 'A big order' })).toMatchObject({ status: 'succeeded', output });
  }, 60_000);

  test('an isolated handler that does not ask for the credentials of its class has none', async () => {
    expect(await api.ended('order.untrusted', { name: 'Another' })).toMatchObject({
      status: 'failed',
      error: { code: 'handler_error', message: expect.stringContaining('unless its type says `credentials: true`') },
    });
  }, 60_000);

  test('cdk-nag finds what is the matter with a table of the team, and nothing of Millrace', () => {
    const assembly = join(folder, '.millrace/state/cdk.out');
    const reports = readdirSync(assembly).filter((name) => name.endsWith('NagReport.csv'));
    expect(reports.length).toBe(2);
    const lines = reports.flatMap((name) => readFileSync(join(assembly, name), 'utf8').trim().split('\n').slice(1));
    const checked = lines.map((line) => line.split('","').map((cell) => cell.replace(/^"|"$/g, '')));
    expect(checked.filter(([, , result]) => result === 'Suppressed').length).toBeGreaterThan(20);
    const found = checked.filter(([, , result = '']) => !['Compliant', 'Suppressed', 'N/A'].includes(result));
    expect(found.map(([rule, resource]) => [rule, resource])).toEqual([['AwsSolutions-DDB3', 'Own/Orders/Resource']]);
  });
});

const save = (text: string): void => writeFileSync(join(folder, 'bin/app.ts'), text);

/** Returns how often each shipment was begun. */
async function runsOf(): Promise<Record<string, number>> {
  const dynamo = new DynamoDBClient(localTarget(app.awsEndpoint).client);
  const { TableNames = [] } = await dynamo.send(new ListTablesCommand({}));
  const TableName = TableNames.find((name) => name.startsWith('shop-own'));
  const { Items = [] } = await dynamo.send(new ScanCommand({ TableName }));
  return Object.fromEntries(Items.flatMap(({ id, runs }) => (runs === undefined ? [] : [[id?.S, Number(runs.N)]])));
}

test('the next packed file takes the place of this one and loses nothing: what runs ends, what waits is run once', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
  const tasks = await Promise.all(ids.map((id) => api.submit('order.ship', { id, seconds: 20 })));
  const found = () => Promise.all(tasks.map(({ id }) => api.find(id)));
  await vi.waitUntil(async () => (await found()).some(({ status }) => status === 'running'), CHANGED);
  addPackages(folder, nextOf(file, NEXT_VERSION));
  expect(run(folder, 'npx', 'millrace', '--version').trim()).toBe(NEXT_VERSION);
  save(`${SHOP_APP}// with the next version\n`);
  const versionOf = async () => (await api.ended('order.ship', { id: 'z', seconds: 0 }, { priority: 'high' })).output;
  await vi.waitUntil(async () => (await versionOf()) === NEXT_VERSION, CHANGED);
  await vi.waitUntil(async () => (await found()).every(({ status }) => status === 'succeeded'), CHANGED);
  const ended = await found();
  expect(ended.map(({ attempt }) => attempt)).toEqual(ids.map(() => 1));
  expect(ended.map(({ output }) => output)).toContain('before');
  expect(await runsOf()).toMatchObject(Object.fromEntries(ids.map((id) => [id, 1])));
}, 600_000);

test('without the grant a task fails, whose error names the action and the table', async () => {
  save(UNGRANTED);
  await vi.waitUntil(async () => (await api.ended('order.place', { name: 'Late' })).status === 'failed', CHANGED);
  for (const type of ['order.place', 'order.isolated'])
    expect(await api.ended(type, { name: 'Late' })).toMatchObject({
      status: 'failed',
      error: { code: 'handler_error', message: expect.stringMatching(MISSING_GRANT) },
    });
  expect(await api.ended('order.ship', { id: 'late', seconds: 0 })).toMatchObject({ status: 'succeeded' });
}, 600_000);

describe('the doctor', () => {
  /** Returns what it finds, by check, and its exit code. */
  function doctor(environment: Record<string, string>, ...options: string[]) {
    const command = ['millrace', 'doctor', '--json', '-c', 'preset=dev', ...options];
    const { stdout, stderr, status } = spawnSync('npx', command, {
      cwd: folder,
      encoding: 'utf8',
      // Whoever runs this may have credentials of their own, for all that these tests know.
      env: { ...teamEnvironment(), AWS_PROFILE: '', HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    });
    const findings: Finding[] = stdout.startsWith('[') ? JSON.parse(stdout) : expect.fail(stderr);
    const found = Object.fromEntries(
      findings.map(({ check, status, found: text, mend }) => [check, [status, text, mend]]),
    );
    return { exitCode: status, found };
  }
  const account = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };

  test('finds nothing in the way of another deploy to the cloud that runs here', () => {
    const { exitCode, found } = doctor({}, '--local');
    const named = (text: string) => ['ok', expect.stringContaining(text), undefined];
    expect(found).toEqual({
      node: named('Node '),
      python: named('Python 3.'),
      region: named('us-east-1'),
      credentials: named('account 000000000000'),
      app: named('Shop'),
      bootstrap: named('in us-east-1'),
      concurrency: named('functions at a time in us-east-1'),
      stacks: named('2 of 2 are there in us-east-1'),
    });
    expect(exitCode).toBe(0);
  }, 60_000);

  test('says that a region has no bootstrap, and how to make one', () => {
    const { exitCode, found } = doctor({ ...account, AWS_ENDPOINT_URL: app.awsEndpoint, AWS_REGION: 'eu-west-1' });
    expect(found).toMatchObject({
      bootstrap: [
        'failed',
        expect.stringContaining('eu-west-1 has none'),
        'npx cdk bootstrap aws://000000000000/eu-west-1',
      ],
      stacks: ['ok', 'none is there yet in eu-west-1', undefined],
    });
    expect(exitCode).toBe(1);
  }, 60_000);

  test('says that there are no credentials, and looks at what needs none', () => {
    const { exitCode, found } = doctor({ AWS_ENDPOINT_URL: app.awsEndpoint, AWS_REGION: 'us-east-1' });
    expect(found).toMatchObject({
      credentials: [
        'failed',
        expect.stringContaining('Could not load credentials'),
        expect.stringContaining('AWS_PROFILE'),
      ],
      app: ['ok', expect.stringContaining('Shop'), undefined],
      bootstrap: ['skipped', expect.anything(), undefined],
    });
    expect(exitCode).toBe(1);
  }, 60_000);
});

test('Ctrl-C ends it', async () => {
  await app.stop();
  expect(existsSync(connectionOf(folder))).toBe(false);
}, 60_000);
