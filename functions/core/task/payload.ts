import { PAYLOAD_SLACK_DAYS } from '../../contract.ts';
import type { JsonValue } from '../json.ts';
import type { TenantId } from './ids.ts';

/**
 * An input or output as a task carries it: the value itself where it is small, otherwise the name under which the
 * payload store keeps it. A row holds at most two of these and has to stay under 1 KB.
 */
export type Payload = { readonly inline: JsonValue } | { readonly ref: string };

/** What a ref begins with: the tenant of an item and `#`, or the prefix of an object and its tenant. */
const OWNER = /^(?:(?:payloads|scheduled)\/([^/#]+)\/|([^/#]+)#)/;

/** Whether a payload is of this tenant: a name that somebody else has written may be that of another's. */
export function isPayloadOf(tenantId: TenantId, payload: Payload): boolean {
  if ('inline' in payload) return true;
  const [, ofObject, ofItem] = OWNER.exec(payload.ref) ?? [];
  return (ofObject ?? ofItem) === tenantId;
}

/**
 * Bytes that an input or an output may have on its way through Lambda, whose answer holds 6 MB (6,291,556 bytes, Lambda
 * quotas): a task is shown with both, and something beside them.
 */
export const MAX_WIRE_BYTES = 3_000_000;

/** Bytes of a payload inside the body of an answer: JSON as a string of JSON, so that each quote takes two. */
export const wireBytesOf = (json: string): number => Buffer.byteLength(JSON.stringify(json));

/** Bytes of JSON up to which a payload travels inside its task. */
export const INLINE_PAYLOAD_BYTES = 256;

/**
 * Compressed bytes up to which a payload is an item of the table: 1 KB takes one write unit at $0.625 a million, so that
 * beyond 8 of them the $5 of a million S3 PUTs are less (list prices of us-east-1).
 */
export const ITEM_PAYLOAD_BYTES = 7_936;

/** How long to keep a payload of a task that is to run at `time`, in milliseconds since the epoch as `time` is. */
export const keptUntil = (time: number, retentionDays: number): number =>
  time + (retentionDays + PAYLOAD_SLACK_DAYS) * 86_400_000;
