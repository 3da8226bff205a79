import { describe, expect, test } from 'vitest';
import { accessTableIn, runKeys } from '../../../cli/keys.ts';
import { parseKeysArguments } from '../../../cli/keys-arguments.ts';
import { accessKeyId, hashAccessKey } from '../../../functions/core/tenant/access-key.ts';
import { MemoryAccessStore } from '../../doubles/memory-access-store.ts';

const complete = ['create', '--tenant', 'acme', '--scopes', 'submit,read'];

describe('the arguments of keys', () => {
  test.each([
    [[], /The command is missing: "create", "list" or "revoke"\./],
    [['delete', ...complete.slice(1)], /must be "create", "list" or "revoke", not "delete"/],
    [[...complete, 'twice'], /must be "create"/],
    [['create', '--scopes', 'read'], /--tenant is missing/],
    [['create', '--tenant', 'acme'], /--scopes is missing/],
    [['create', '--tenant', 'Acme Inc', '--scopes', 'read'], /--tenant "Acme Inc" must be/],
    [['create', '--tenant', '', '--scopes', 'read'], /--tenant "" must be/],
    [['create', '--tenant', 'acme', '--scopes', ''], /knows no ""/],
    [
      ['create', '--tenant', 'acme', '--scopes', 'read,write'],
      /knows no "write"; there are submit, read, operate, admin, platform/,
    ],
    [['list'], /--tenant is missing/],
    [['list', '--tenant', 'acme', '--scopes', 'read'], /--scopes is not for "list"/],
    [['revoke', '--tenant', 'acme'], /--id is missing/],
    [['revoke', '--tenant', 'acme', '--id', 'x', '--name', 'ci'], /--name is not for "revoke"/],
    [[...complete, '--id', 'x'], /--id is not for "create"/],
    [[...complete, '--region', 'x'], /--region/],
    [[...complete, '--name'], /--name/],
    [[...complete, '--name', ' '], /--name " " must/],
    [[...complete, '--rate', '0'], /--rate "0" must be a whole number from 1 on/],
    [[...complete, '--open', '1.5'], /--open "1.5" must be/],
    [['list', '--tenant', 'acme', '--rate', '5'], /--rate is not for "list"/],
  ])('%j are refused', (args, message) => {
    expect(() => parseKeysArguments(args)).toThrow(message);
  });

  test('are taken with their defaults', () => {
    expect(parseKeysArguments(complete)).toEqual({
      command: 'create',
      tenantId: 'acme',
      scopes: ['submit', 'read'],
      name: 'acme',
      isLocal: false,
    });
  });

  test('are taken in full, a scope that is named twice once', () => {
    const args = [
      'create',
      '--tenant=acme',
      '--scopes=read, submit,read',
      '--name=ci',
      '--stack=other-data',
      '--local',
    ];
    expect(parseKeysArguments(args)).toEqual({
      command: 'create',
      tenantId: 'acme',
      scopes: ['read', 'submit'],
      name: 'ci',
      stackName: 'other-data',
      isLocal: true,
    });
  });
});

describe('the table of keys', () => {
  const stack = (StackName: string, ...keys: string[]) => ({
    StackName,
    Outputs: keys.map((OutputKey) => ({ OutputKey, OutputValue: `${StackName}-table` })),
  });
  const others = [stack('CDKToolkit'), stack('shop-api', 'ApiUrl')];
  const mine = stack('shop-data', 'TasksTableNames', 'AccessTableName');
  const embedded = stack('whole', 'MillraceAccessTableName');

  test('is that of the only deployment, or of the stack that is named', () => {
    expect(accessTableIn([...others, mine])).toBe('shop-data-table');
    expect(accessTableIn([...others, embedded])).toBe('whole-table');
    expect(accessTableIn([mine, embedded], 'whole')).toBe('whole-table');
  });

  test('is not guessed', () => {
    expect(() => accessTableIn([mine, embedded])).toThrow(/name one by --stack, which may be shop-data, whole\./);
    expect(() => accessTableIn([...others, mine], 'millrace-data')).toThrow(
      '--stack "millrace-data" has no table of keys; shop-data has.',
    );
    expect(() => accessTableIn(others)).toThrow('Nothing of Millrace is deployed here');
  });
});

test('limits of a key are taken', () => {
  expect(parseKeysArguments([...complete, '--rate', '5', '--open', '100'])).toMatchObject({
    limits: { ratePerSecond: 5, maxOpenTasks: 100 },
  });
  expect(parseKeysArguments([...complete, '--open', '100'])).toMatchObject({ limits: { maxOpenTasks: 100 } });
});

describe('keys', () => {
  const store = new MemoryAccessStore();
  const run = (...args: string[]) => runKeys(parseKeysArguments(args), store);

  test('stores a created key as its hash only, and says what it is called', async () => {
    const { note, result: key } = await run(...complete);
    expect([...store.grants.keys()]).toEqual([hashAccessKey(key)]);
    expect(await store.find(hashAccessKey(key))).toMatchObject({ tenantId: 'acme', scopes: ['submit', 'read'] });
    expect(note).toContain(`Key ${accessKeyId(hashAccessKey(key))} of tenant acme (submit, read)`);
    expect(note).not.toContain(key);
    expect((await run(...complete)).result).not.toBe(key);
  });

  test('lists the limits of each', async () => {
    await run('create', '--tenant', 'limited', '--scopes', 'submit', '--rate', '50', '--open', '10000');
    expect((await run('list', '--tenant', 'limited')).result).toMatch(/ {2}submit {2}50 {4}10000 {2}limited$/);
  });

  test('lists what there is, and revokes one of it', async () => {
    const [, line = ''] = (await run('list', '--tenant', 'acme')).result.split('\n');
    const [id = ''] = line.split(' ');
    expect(line).toMatch(/^[0-9a-f]{12} {2}\d{4}-.+Z {2}submit,read {2}- {5}- {5}acme$/);
    expect(await run('revoke', '--tenant', 'acme', '--id', id)).toEqual({
      result: `Key ${id} of tenant acme is revoked. It may still be let in for 60 s.`,
    });
    expect((await run('list', '--tenant', 'acme')).result).not.toContain(id);
    await expect(run('revoke', '--tenant', 'acme', '--id', id)).rejects.toThrow(`has no key ${id}`);
    await expect(run('revoke', '--tenant', 'other', '--id', id)).rejects.toThrow(`has no key ${id}`);
  });
});
