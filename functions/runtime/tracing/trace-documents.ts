import { randomBytes } from 'node:crypto';
import type { Segment } from 'aws-xray-sdk-core';

/** X-Ray takes no larger document ("AWS X-Ray endpoints and quotas"). */
const MOST_BYTES = 64 * 1024;

/** What is written around the parts of a document of its own. */
const FRAME_BYTES = 1_024;

type Part = { readonly start_time: number; readonly end_time?: number };
type Whole = Part & { readonly id: string; readonly trace_id: string; readonly subsegments?: readonly Part[] };

/**
 * Returns the documents of a segment that has ended. One whose parts are more than a document may hold (the writes of a bulk) has them in
 * further documents: each is a part itself, with as many of them as fit.
 */
export function documentsOf(segment: Segment): string[] {
  const whole = segment.format();
  if (Buffer.byteLength(whole) <= MOST_BYTES) return [whole];
  const { subsegments = [], ...rest } = JSON.parse(whole) as Whole;
  return [JSON.stringify(rest), ...framesOf(subsegments).map((parts) => documentOf(parts, rest))];
}

function framesOf(parts: readonly Part[]): Part[][] {
  const frames: Part[][] = [];
  let left = 0;
  for (const part of parts) {
    const bytes = Buffer.byteLength(JSON.stringify(part)) + 1;
    if (bytes > left) {
      frames.push([]);
      left = MOST_BYTES - FRAME_BYTES;
    }
    frames.at(-1)?.push(part);
    left -= bytes;
  }
  return frames;
}

function documentOf(parts: readonly Part[], { id, trace_id }: Omit<Whole, 'subsegments'>): string {
  const starts = parts.map((part) => part.start_time);
  const ends = parts.map((part) => part.end_time ?? part.start_time);
  return JSON.stringify({
    id: randomBytes(8).toString('hex'),
    name: 'calls',
    type: 'subsegment',
    trace_id,
    parent_id: id,
    start_time: Math.min(...starts),
    end_time: Math.max(...ends),
    subsegments: parts,
  });
}
