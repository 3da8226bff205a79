/** The place in a trace where something goes on: the trace, and the segment in it that leads on. Where it begins, none does. */
export type SampledTrace = { readonly traceId: string; readonly parentId?: string };

/** Returns the trace of a header `Root=…;Parent=…;Sampled=…`, as X-Ray hands it on ("Tracing header"). */
export const traceIdOf = (header: string | undefined): string | undefined => part(header, 'Root');

/** X-Ray refuses a segment with other ids than these ("Segment documents"). */
const TRACE_ID = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;
const SEGMENT_ID = /^[0-9a-f]{16}$/;

/** Returns where a segment goes on that is to be recorded; `undefined` where the trace is not sampled, or its header is no such. */
export function sampledTraceOf(header: string | undefined): SampledTrace | undefined {
  if (part(header, 'Sampled') !== '1') return undefined;
  const [traceId = '', parentId = ''] = [part(header, 'Root'), part(header, 'Parent')];
  return TRACE_ID.test(traceId) && SEGMENT_ID.test(parentId) ? { traceId, parentId } : undefined;
}

/** Writes the header of a trace: one without a segment that leads on is not sampled. */
export const headerOf = (traceId: string, parentId?: string): string =>
  parentId === undefined ? `Root=${traceId};Sampled=0` : `Root=${traceId};Parent=${parentId};Sampled=1`;

const KEPT = /^Root=1-([0-9a-f]{8})-([0-9a-f]{24});(?:Sampled=0|Parent=([0-9a-f]{16});Sampled=1)$/;
const TRACE_BYTES = 16;
const BYTES = TRACE_BYTES + 8;

/** Packs a header as it was kept into 22 characters, or 32 where it is sampled: a row has to be small. */
export function packedHeader(header: string): string {
  const [, time, random, parentId = ''] = KEPT.exec(header) ?? [];
  if (time === undefined || random === undefined) return `=${header}`;
  return Buffer.from(time + random + parentId, 'hex').toString('base64url');
}

/** Reads back what `packedHeader` made. */
export function unpackedHeader(packed: string): string {
  if (packed.startsWith('=')) return packed.slice(1);
  const hex = Buffer.from(packed, 'base64url').toString('hex');
  const traceId = `1-${hex.slice(0, 8)}-${hex.slice(8, 2 * TRACE_BYTES)}`;
  return headerOf(traceId, hex.length === 2 * BYTES ? hex.slice(2 * TRACE_BYTES) : undefined);
}

const PARTS = {
  Root: /(?:^|;)\s*Root=([\w-]+)/,
  Parent: /(?:^|;)\s*Parent=([\w-]+)/,
  Sampled: /(?:^|;)\s*Sampled=([\w-]+)/,
} as const;

const part = (header: string | undefined, name: keyof typeof PARTS): string | undefined =>
  header === undefined ? undefined : PARTS[name].exec(header)?.[1];
