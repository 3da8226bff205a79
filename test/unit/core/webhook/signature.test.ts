import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { systemIds } from '../../../../functions/adapters/system-ids.ts';
import {
  MAX_SECRETS,
  ROTATION_SECONDS,
  rotated,
  type SigningSecret,
  secretOf,
  signedHeaders,
  signingAt,
} from '../../../../functions/core/webhook/signature.ts';

// The package holds the timestamp against its own clock.
const NOW = Date.now();
const BODY = JSON.stringify({ type: 'task.succeeded', text: 'ü"\n\u2028' });
const fresh = (): SigningSecret => secretOf(systemIds.signingKey());
const signed = (secrets: readonly SigningSecret[], now = NOW) => signedHeaders(secrets, 'id-1', BODY, now);
const verified = (secret: SigningSecret, headers: Record<string, string>, body = BODY): unknown =>
  new Webhook(secret.secret).verify(body, headers);

describe('a delivery as the package standardwebhooks verifies it', () => {
  it('is signed by its secret', () => {
    const secret = fresh();
    expect(secret.secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    expect(verified(secret, signed([secret]))).toEqual(JSON.parse(BODY));
  });

  it('is refused with another secret, body, id or time', () => {
    const secret = fresh();
    const headers = signed([secret]);
    expect(() => verified(fresh(), headers)).toThrow();
    expect(() => verified(secret, headers, `${BODY} `)).toThrow();
    expect(() => verified(secret, { ...headers, 'webhook-id': 'id-2' })).toThrow();
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => verified(secret, { ...headers, 'webhook-timestamp': later })).toThrow();
  });

  it('is refused when it is played again after five minutes', () => {
    const secret = fresh();
    expect(() => verified(secret, signed([secret], NOW - 301_000))).toThrow(/too old/);
  });
});

describe('a rotation', () => {
  it('has the old secret sign as well for a day, and no longer', () => {
    const [first, second] = [fresh(), fresh()];
    const secrets = rotated([first], second, NOW) ?? [];
    const during = signed(signingAt(secrets, NOW + ROTATION_SECONDS * 1000 - 1));
    for (const one of [first, second]) expect(verified(one, during)).toEqual(JSON.parse(BODY));
    const after = signed(signingAt(secrets, NOW + ROTATION_SECONDS * 1000));
    expect(verified(second, after)).toEqual(JSON.parse(BODY));
    expect(() => verified(first, after)).toThrow();
  });

  it('leaves each earlier secret its own day, and is refused while five sign', () => {
    let secrets: readonly SigningSecret[] = [fresh()];
    for (let count = 1; count < MAX_SECRETS; count++) {
      const next = rotated(secrets, fresh(), NOW + count * 1000);
      expect(next?.slice(2)).toEqual(secrets.slice(1));
      secrets = next ?? [];
    }
    expect(secrets).toHaveLength(MAX_SECRETS);
    expect(rotated(secrets, fresh(), NOW + 10_000)).toBeUndefined();
    expect(rotated(secrets, fresh(), NOW + ROTATION_SECONDS * 1000 + 1_000)).toHaveLength(MAX_SECRETS);
  });
});
