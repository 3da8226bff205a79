import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';
import { ulid } from 'ulid';
import type { Ids, LeaseToken } from '../core/task/ids.ts';

/** Of a UUID, the last so many digits are random: enough to tell one attempt of a task from another. */
const TOKEN_DIGITS = 12;

/** An id takes 16 random bytes, and asking the kernel for one takes as long as for all of these. */
const randomPool = Buffer.alloc(2_048);
let poolPlace = randomPool.length;

/** Returns a random fraction from 0 to less than 1, of a byte that is used for no other. */
function randomFraction(): number {
  if (poolPlace === randomPool.length) {
    randomFillSync(randomPool);
    poolPlace = 0;
  }
  return randomPool.readUInt8(poolPlace++) / 256;
}

/** Ids from the machine's own source of randomness. Node draws many UUIDs at a time, where other random bytes are a call each. */
export const systemIds: Ids = {
  unique: (now) => ulid(now, randomFraction),
  leaseToken: () => randomUUID().slice(-TOKEN_DIGITS) as LeaseToken,
  signingKey: () => randomBytes(24).toString('base64'),
};
