import { hash } from 'node:crypto';
import type { JsonValue } from '../json.ts';
import { attemptsGranted, type TaskSeed } from './task.ts';

const CHARACTERS = 16;

/** What was meant takes 48 bits: the row of a keyed task has room for no more, and only submits of one key are compared. */
const MEANT_CHARACTERS = 8;

/** Returns 96 bits of SHA-256 over a value, the same whatever the order of its objects' keys. */
export const fingerprintOf = (value: JsonValue): string =>
  hash('sha256', canonical(value), 'base64url').slice(0, CHARACTERS);

/** The fingerprint of a task whose id nobody else can ask for, as it derives from no idempotency key: there is nothing to compare. */
export const UNKEYED = '-';

/** Returns the fingerprint of a submit: of what was sent, then of what it means but for the settings that its task carries. */
export const submitFingerprint = (sent: JsonValue, meant: JsonValue): string =>
  fingerprintOf(sent) + fingerprintOf(meant).slice(0, MEANT_CHARACTERS);

/** Returns the part of a submit's fingerprint that is of what was sent. */
export const sentPart = (fingerprint: string): string => fingerprint.slice(0, CHARACTERS);
const meantPart = (fingerprint: string): string => fingerprint.slice(CHARACTERS);

/** What tells a submit from another of its key. */
export type SubmitTerms = Pick<TaskSeed, 'fingerprint' | 'priority' | 'timeoutSeconds' | 'maxAttempts'> & {
  readonly attemptsBeforeRetry?: number;
};

/**
 * Says whether two tasks stand for one submit: the same was sent, even if the type's defaults have changed meanwhile, or the
 * same was meant, even if one says what the other leaves to the defaults.
 */
export const isSameSubmit = (one: SubmitTerms, other: SubmitTerms): boolean =>
  sentPart(one.fingerprint) === sentPart(other.fingerprint) ||
  (meantPart(one.fingerprint) === meantPart(other.fingerprint) &&
    one.priority === other.priority &&
    one.timeoutSeconds === other.timeoutSeconds &&
    attemptsGranted(one) === attemptsGranted(other));

function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
