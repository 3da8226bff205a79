import { PAYLOAD_SLACK_DAYS } from '../../contract.ts';
import type { JsonValue } from '../json.ts';
import type { TenantId } from './ids.ts';

/**
 * An input or output as a task carries it: the value itself where it is small, otherwise the name under which the
 * payload store keeps it. A row holds at most two of these and has to stay under 1 KB.
 */
export type Payload = { readonly inline: JsonValue } | { readonly ref: string };

/** A ref begins with the tenant of an item and `#`, or with the prefix of an object and its tenant. */
const OWNER = /^(?:(?:payloads|scheduled)\/([^/#]+)\/|([^/#]+)#)/;

/** Says whether a payload is of this tenant: a ref that somebody else has written may be that of another's. */
export function isPayloadOf(tenantId: TenantId, payload: Payload): boolean {
  if ('inline' in payload) return true;
  const [, ofObject, ofItem] = OWNER.exec(payload.ref) ?? [];
  return (ofObject ?? ofItem) === tenantId;
}

/**
 * An input or an output may have so many bytes on its way through Lambda, whose answer holds 6 MB (6,291,556 bytes, Lambda
 * quotas): a task is shown with both, and something beside them.
 */
export const MAX_WIRE_BYTES = 3_000_000;

/** Returns the bytes that a payload takes in the body of an answer: JSON as a string of JSON, in which each quote takes two. */
export const wireBytesOf = (json: string): number => Buffer.byteLength(JSON.stringify(json));

/** A payload of up to so many bytes of JSON travels inside its task. */
export const INLINE_PAYLOAD_BYTES = 256;

/** Beside an input the row says which version of its schema has taken it, in eight characters under a name of six. */
export const INLINE_INPUT_BYTES = INLINE_PAYLOAD_BYTES - 14;

/**
 * A payload of up to so many compressed bytes is an item of the table: 1 KB takes one write unit at $0.625 a million, so that
 * beyond 8 of them the $5 of a million S3 PUTs are less (list prices of us-east-1).
 */
export const ITEM_PAYLOAD_BYTES = 7_936;

/** Returns until when to keep a payload of a task that is to run at `time`; both are milliseconds since the epoch. */
export const keptUntil = (time: number, retentionDays: number): number =>
  time + (retentionDays + PAYLOAD_SLACK_DAYS) * 86_400_000;

/** Returns the same of a payload of a certain task, whose type may keep it for longer or shorter than the deployment does. */
export const keepUntilOf = (
  { retentionDays }: { readonly retentionDays?: number | undefined },
  time: number,
  usualDays: number,
): number => keptUntil(time, retentionDays ?? usualDays);
