import { describe, expect, test } from 'vitest';
import { grantOfRow } from '../../../functions/adapters/dynamo/access-store.ts';
import { hashAccessKey, newAccessKey, parseScope } from '../../../functions/core/tenant/access-key.ts';

describe('an access key', () => {
  test.each([0, 16, 31, 33])('is not made of %i random bytes', (length) => {
    expect(() => newAccessKey(new Uint8Array(length))).toThrow(`A key takes 32 random bytes, not ${length}.`);
  });

  test('is mr_ and 43 characters that any header and shell can carry', () => {
    expect(newAccessKey(new Uint8Array(32).fill(255))).toBe(`mr_${'_'.repeat(42)}8`);
    expect(newAccessKey(new Uint8Array(32).map((_, index) => index * 7))).toMatch(/^mr_[\w-]{43}$/);
  });

  test('is known by its SHA-256', () => {
    expect(hashAccessKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

test.each(['', 'write', 'READ', 'toString'])('%j is no scope', (text) => {
  expect(parseScope(text)).toBeUndefined();
});

describe('a row of the access table', () => {
  const row = {
    keyHash: { S: 'hash' },
    tenantId: { S: 'acme' },
    scopes: { SS: ['submit', 'read'] },
    name: { S: 'ci' },
    createdAt: { N: '1764000000000' },
  };

  test.each([
    ['without a tenant', { tenantId: undefined }],
    ['with a tenant that cannot be one', { tenantId: { S: 'Acme Inc' } }],
    ['with a tenant of another type', { tenantId: { N: '7' } }],
    ['without scopes', { scopes: undefined }],
    ['with no scope', { scopes: { SS: [] } }],
    ['with a scope that is none', { scopes: { SS: ['read', 'everything'] } }],
    ['with scopes of another type', { scopes: { S: 'read' } }],
    ['without a name', { name: undefined }],
    ['without a time', { createdAt: undefined }],
    ['with a time that is none', { createdAt: { N: 'yesterday' } }],
  ])('%s grants nothing', (_, change) => {
    const parts = Object.entries({ ...row, ...change }).filter(([, value]) => value !== undefined);
    expect(grantOfRow(Object.fromEntries(parts) as Parameters<typeof grantOfRow>[0])).toBeUndefined();
  });

  test('grants what it says', () => {
    expect(grantOfRow(row)).toEqual({
      tenantId: 'acme',
      scopes: ['submit', 'read'],
      name: 'ci',
      createdAt: 1764000000000,
    });
  });
});
