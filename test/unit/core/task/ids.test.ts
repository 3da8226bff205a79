import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTaskId, parseTenantId, taskIdOf, uniqueFromKey } from '../../../../functions/core/task/ids.ts';
import { tenant } from '../../../doubles/task-seed.ts';

const keys = fc.string({ minLength: 1, maxLength: 128 });
const tenants = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/).map(tenant);

describe('parseTaskId', () => {
  it.each([
    '',
    '-0',
    '0'.repeat(26),
    `${'0'.repeat(26)}-`,
    `${'0'.repeat(25)}-0`,
    `${'0'.repeat(27)}-0`,
    `${'0'.repeat(26)}-1000`,
    `${'0'.repeat(26)}--1`,
    `${'0'.repeat(26)}-x`,
    `${'0'.repeat(26)}-0 `,
    `${'0'.repeat(26)}-0\n`,
    ` ${'0'.repeat(26)}-0`,
    ...['I', 'L', 'O', 'U', 'a', '#', '_'].map((letter) => `${letter.repeat(26)}-0`),
  ])('refuses %j', (text) => expect(parseTaskId(text)).toBeUndefined());

  it.each(['01ARZ3NDEKTSV4RRFFQ69G5FAV-0', `${'Z'.repeat(26)}-999`])('takes %s', (text) => {
    expect(parseTaskId(text)).toBe(text);
  });
});

describe('parseTenantId', () => {
  it.each(['', '-acme', 'Acme', 'ac me', 'acme#other', 'acme\n', 'a'.repeat(64), 'zoë', 'a_b', '../a'])(
    'refuses %j',
    (text) => {
      expect(parseTenantId(text)).toBeUndefined();
    },
  );

  it.each(['a', '0', 'acme-corp', 'a'.repeat(63)])('takes %s', (text) => expect(parseTenantId(text)).toBe(text));
});

describe('an id that derives from a key', () => {
  it('is a task id, and always the same', () => {
    fc.assert(
      fc.property(tenants, keys, fc.integer({ min: 0, max: 999 }), (owner, key, tableShard) => {
        const id = taskIdOf(uniqueFromKey(owner, key), tableShard);
        expect(parseTaskId(id)).toBe(id);
        expect(id).toBe(taskIdOf(uniqueFromKey(owner, key), tableShard));
      }),
    );
  });

  it('stays what it was when it was first given out', () => {
    expect(uniqueFromKey(tenant('acme'), 'order-1')).toMatchInlineSnapshot(`"DFS6BHW6CG6CY9ABRDCKWPSCB5"`);
  });

  it('differs for another key and for another tenant', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(tenants, { minLength: 2, maxLength: 2 }),
        fc.uniqueArray(keys, { minLength: 2, maxLength: 2 }),
        (owners, texts) => {
          const ids = owners.flatMap((owner) => texts.map((key) => uniqueFromKey(owner, key)));
          expect(new Set(ids).size).toBe(4);
        },
      ),
    );
  });

  it('does not mistake where the tenant ends and the key begins', () => {
    expect(uniqueFromKey(tenant('a'), 'b-c')).not.toBe(uniqueFromKey(tenant('a-b'), 'c'));
    expect(uniqueFromKey(tenant('ab'), 'c')).not.toBe(uniqueFromKey(tenant('a'), 'bc'));
  });
});
