import { randomBytes } from 'node:crypto';
import { ulid } from 'ulid';
import type { Ids } from '../core/ports.ts';
import type { LeaseToken } from '../core/task/ids.ts';

/** Ids from the machine's own source of randomness. */
export const systemIds: Ids = {
  unique: (now) => ulid(now),
  leaseToken: () => randomBytes(9).toString('base64url') as LeaseToken,
};
