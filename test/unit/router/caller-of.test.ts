import { describe, expect, it } from 'vitest';
import { callerOf } from '../../../functions/router/caller-of.ts';

describe('a caller with a token', () => {
  const of = (claims: Record<string, unknown>) => callerOf({ jwt: { claims } }, 'org');

  it('is the tenant of the claim that the deployment names', () => {
    expect(of({ org: 'acme', tenant: 'other', scope: 'submit read openid' })).toEqual({
      tenantId: 'acme',
      scopes: ['submit', 'read'],
      limits: {},
    });
  });

  it('may do nothing without the claim scope', () => {
    expect(of({ org: 'acme' })).toEqual({ tenantId: 'acme', scopes: [], limits: {} });
    expect(of({ org: 'acme', scope: ['submit'] })).toEqual({ tenantId: 'acme', scopes: [], limits: {} });
  });

  it.each([{}, { org: '' }, { org: 'Acme' }, { org: 'a#b' }, { org: 7 }, { org: ['acme'] }, { tenant: 'acme' }])(
    'is unauthenticated with the claims %j',
    (claims) => {
      expect(() => of(claims)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
    },
  );

  it('is not asked for what an authorizer of keys would say', () => {
    const both = { lambda: { tenantId: 'acme', scopes: 'admin' }, jwt: { claims: {} } };
    expect(() => callerOf(both, 'org')).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });
});

it('a caller with a key is not believed what a token claims', () => {
  const token = { jwt: { claims: { tenant: 'acme', scope: 'admin' } } };
  expect(() => callerOf(token, undefined)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
});
