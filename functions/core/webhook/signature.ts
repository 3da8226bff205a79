import { createHmac } from 'node:crypto';
import type { TenantId } from '../task/ids.ts';
import type { Subscriber } from './webhook.ts';

/** What deliveries are signed with: `whsec_` and base64, as Standard Webhooks has it. */
export type SigningSecret = {
  readonly secret: string;
  /** Until when it signs beside the one that has taken its place, in milliseconds since the epoch. */
  readonly until?: number;
};

/** For so long both secrets sign after one has taken the place of the other. */
export const ROTATION_SECONDS = 86_400;

/** So many secrets may sign at a time: each adds to a header. */
export const MAX_SECRETS = 5;

const PREFIX = 'whsec_';

/** Makes a secret of a key in base64. */
export const secretOf = (key: string): SigningSecret => ({ secret: PREFIX + key });

/** Returns the secrets that sign at `now`, the latest first. */
export const signingAt = (secrets: readonly SigningSecret[], now: number): readonly SigningSecret[] =>
  secrets.filter(({ until }) => until === undefined || until > now);

/** Puts a secret before those that sign at `now`; `undefined` where so many do already. */
export function rotated(
  secrets: readonly SigningSecret[],
  fresh: SigningSecret,
  now: number,
): readonly SigningSecret[] | undefined {
  const before = signingAt(secrets, now);
  if (before.length >= MAX_SECRETS) return undefined;
  return [fresh, ...before.map(({ secret, until = now + ROTATION_SECONDS * 1000 }) => ({ secret, until }))];
}

/** Signs a body, once with each secret: the headers of a delivery (Standard Webhooks, "Signature scheme"). */
export function signedHeaders(secrets: readonly SigningSecret[], id: string, body: string, now: number) {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map(({ secret }) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** Keeps the secrets of webhooks and of tenants, apart from all else of them. */
export interface SigningSecrets {
  /** Returns the secrets of a subscriber, the latest first; none where none was made. */
  get(tenantId: TenantId, subscriber: Subscriber): Promise<readonly SigningSecret[]>;
  /** Takes the place of what was read before, unless another has. What is there already is its own: its answer was lost. */
  replace(
    tenantId: TenantId,
    subscriber: Subscriber,
    before: readonly SigningSecret[],
    next: readonly SigningSecret[],
  ): Promise<'replaced' | 'lost'>;
  /** Forgets the secrets of a webhook that is gone. */
  remove(tenantId: TenantId, subscriber: Subscriber): Promise<void>;
}
