import { describe, expect, it } from 'vitest';
import { callerOf } from '../../../../functions/router/http/caller.ts';

describe('a caller with a token', () => {
  const of = (claims: Record<string, unknown>) =>
    callerOf({ jwt: { claims } }, { tenantClaim: 'org', tenantLimits: { ratePerSecond: 5 } });

  it('is the tenant of the claim that the deployment names', () => {
    expect(of({ org: 'acme', tenant: 'other', scope: 'submit read openid' })).toEqual({
      tenantId: 'acme',
      scopes: ['submit', 'read'],
      limits: { ratePerSecond: 5 },
    });
  });

  it('is the same with an access token of Cognito', () => {
    expect(of({ org: 'acme', token_use: 'access', client_id: 'x', scope: 'read' })).toMatchObject({ scopes: ['read'] });
  });

  it('may do nothing without the claim scope', () => {
    expect(of({ org: 'acme' })).toEqual({ tenantId: 'acme', scopes: [], limits: { ratePerSecond: 5 } });
    expect(of({ org: 'acme', scope: ['submit'] })).toEqual({
      tenantId: 'acme',
      scopes: [],
      limits: { ratePerSecond: 5 },
    });
  });

  it.each([
    {},
    { org: '' },
    { org: 'Acme' },
    { org: 'a#b' },
    { org: 7 },
    { org: ['acme'] },
    { tenant: 'acme' },
    { org: 'acme', token_use: 'id' },
  ])('is unauthenticated with the claims %j', (claims) => {
    expect(() => of(claims)).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
  });

  it('is not asked for what an authorizer of keys would say', () => {
    const both = { lambda: { tenantId: 'acme', scopes: 'admin' }, jwt: { claims: {} } };
    expect(() => callerOf(both, { tenantClaim: 'org', tenantLimits: {} })).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  });
});

it('a caller with a key is not believed what a token claims', () => {
  const token = { jwt: { claims: { tenant: 'acme', scope: 'admin' } } };
  expect(() => callerOf(token, { tenantClaim: undefined, tenantLimits: {} })).toThrow(
    expect.objectContaining({ code: 'unauthenticated' }),
  );
});
