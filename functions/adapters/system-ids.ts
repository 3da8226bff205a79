import { randomUUID } from 'node:crypto';
import { ulid } from 'ulid';
import type { Ids } from '../core/ports.ts';
import type { LeaseToken } from '../core/task/ids.ts';

/** Of a UUID, the last so many digits are random: enough to tell one attempt of a task from another. */
const TOKEN_DIGITS = 12;

/** Ids from the machine's own source of randomness. Node draws many UUIDs at a time, where other random bytes are a call each. */
export const systemIds: Ids = {
  unique: (now) => ulid(now),
  leaseToken: () => randomUUID().slice(-TOKEN_DIGITS) as LeaseToken,
};
