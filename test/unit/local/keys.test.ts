import { describe, expect, test } from 'vitest';
import { createKey, parseKeysArguments } from '../../../client/keys.ts';
import { type AccessGrant, hashAccessKey } from '../../../functions/core/access-key.ts';

const complete = ['create', '--tenant', 'acme', '--scopes', 'submit,read'];

describe('the arguments of keys', () => {
  test.each([
    [[], /must be "create", not ""/],
    [['delete', ...complete.slice(1)], /must be "create", not "delete"/],
    [[...complete, 'twice'], /must be "create"/],
    [['create', '--scopes', 'read'], /--tenant is missing/],
    [['create', '--tenant', 'acme'], /--scopes is missing/],
    [['create', '--tenant', 'Acme Inc', '--scopes', 'read'], /--tenant "Acme Inc" must be/],
    [['create', '--tenant', '', '--scopes', 'read'], /--tenant "" must be/],
    [['create', '--tenant', 'acme', '--scopes', ''], /knows no ""/],
    [
      ['create', '--tenant', 'acme', '--scopes', 'read,write'],
      /knows no "write"; there are submit, read, operate, admin/,
    ],
    [[...complete, '--region', 'x'], /--region/],
    [[...complete, '--name'], /--name/],
    [[...complete, '--name', ' '], /--name " " must/],
  ])('%j are refused', (args, message) => {
    expect(() => parseKeysArguments(args)).toThrow(message);
  });

  test('are taken with their defaults', () => {
    expect(parseKeysArguments(complete)).toEqual({
      tenantId: 'acme',
      scopes: ['submit', 'read'],
      name: 'acme',
      stackName: 'millrace-data',
    });
  });

  test('are taken in full, a scope that is named twice once', () => {
    const args = ['create', '--tenant=acme', '--scopes=read, submit,read', '--name=ci', '--stack=other-data'];
    expect(parseKeysArguments(args)).toEqual({
      tenantId: 'acme',
      scopes: ['read', 'submit'],
      name: 'ci',
      stackName: 'other-data',
    });
  });
});

test('a created key is stored as its hash only', async () => {
  const grants = new Map<string, AccessGrant>();
  const store = {
    find: async (keyHash: string) => grants.get(keyHash),
    put: async (keyHash: string, grant: AccessGrant) => void grants.set(keyHash, grant),
  };
  const { tenantId, scopes, name } = parseKeysArguments(complete);
  const key = await createKey(store, { tenantId, scopes, name });
  expect([...grants.keys()]).toEqual([hashAccessKey(key)]);
  expect(await store.find(hashAccessKey(key))).toMatchObject({
    tenantId: 'acme',
    scopes: ['submit', 'read'],
    name: 'acme',
  });
  expect(await createKey(store, { tenantId, scopes, name })).not.toBe(key);
});
