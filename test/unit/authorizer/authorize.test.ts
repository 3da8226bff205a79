import { describe, expect, it } from 'vitest';
import { authorize } from '../../../functions/authorizer/authorize.ts';
import {
  type AccessGrant,
  type AccessStore,
  accessKeyId,
  hashAccessKey,
  newAccessKey,
} from '../../../functions/core/tenant/access-key.ts';
import { tenant } from '../../doubles/task-seed.ts';

const KEY = newAccessKey(new Uint8Array(32).fill(7));
const grant: AccessGrant = { tenantId: tenant('acme'), scopes: ['submit', 'read'], name: 'tests', createdAt: 1 };

const known = { tenantId: 'acme', scopes: 'submit read', keyId: accessKeyId(hashAccessKey(KEY)) };

function accessStore() {
  const lookedUp: string[] = [];
  const find: AccessStore['find'] = async (keyHash) => {
    lookedUp.push(keyHash);
    return keyHash === hashAccessKey(KEY) ? grant : undefined;
  };
  return { lookedUp, access: { find, put: () => Promise.reject(new Error('an authorizer writes nothing')) } };
}

it('an authorizer passes on what the key is limited to', async () => {
  const limits = { ratePerSecond: 5, maxOpenTasks: 100 };
  const access = { find: async () => ({ ...grant, limits }) };
  expect(await authorize(`Bearer ${KEY}`, access)).toEqual({ ...known, ...limits });
});

describe('authorize', () => {
  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['has no scheme', KEY],
    ['has no key', 'Bearer'],
    ['has an empty key', 'Bearer '],
    ['is of another scheme', `Basic ${KEY}`],
    ['only begins like the scheme', `Bearers ${KEY}`],
    ['joins scheme and key', `Bearer${KEY}`],
    ['holds two keys', `Bearer ${KEY} ${KEY}`],
    ['holds two values', `Bearer ${KEY}, Bearer ${KEY}`],
    ['begins with a space', ` Bearer ${KEY}`],
    ['ends with a space', `Bearer ${KEY} `],
    ['ends in a line break', `Bearer ${KEY}\n`],
    ['has a key that is cut', `Bearer ${KEY.slice(0, -1)}`],
    ['has a key in capitals', `Bearer ${KEY.toUpperCase()}`],
    ['has a key that is hashed', `Bearer ${hashAccessKey(KEY)}`],
    ['has 9,000 characters', `Bearer ${'x'.repeat(9_000)}`],
  ])('knows nobody where the header %s, and asks nobody', async (_, header) => {
    const { access, lookedUp } = accessStore();
    expect(await authorize(header, access)).toEqual({});
    expect(lookedUp).toEqual([]);
  });

  it.each([
    ['another', newAccessKey(new Uint8Array(32).fill(8))],
    ['of other letters', `mr_${'A'.repeat(43)}`],
  ])('knows nobody by a key that is %s', async (_, key) => {
    const { access, lookedUp } = accessStore();
    expect(await authorize(`Bearer ${key}`, access)).toEqual({});
    expect(lookedUp).toEqual([hashAccessKey(key)]);
  });

  it.each([`Bearer ${KEY}`, `bearer ${KEY}`, `BEARER ${KEY}`, `Bearer    ${KEY}`])(
    'knows the caller of %j',
    async (header) => {
      const { access, lookedUp } = accessStore();
      expect(await authorize(header, access)).toEqual(known);
      expect(lookedUp).toEqual([hashAccessKey(KEY)]);
      expect(lookedUp.join()).not.toContain(KEY);
    },
  );

  it('rejects where the store fails: API Gateway must not remember that as an unknown key', async () => {
    const access = { ...accessStore().access, find: () => Promise.reject(new Error('throttled')) };
    await expect(authorize(`Bearer ${KEY}`, access)).rejects.toThrow('throttled');
  });
});

describe('a key', () => {
  it('takes 32 random bytes', () => {
    expect(KEY).toMatch(/^mr_[\w-]{43}$/);
    expect(() => newAccessKey(new Uint8Array(31))).toThrow('not 31');
  });

  it('is kept as its SHA-256', () => {
    expect(hashAccessKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
