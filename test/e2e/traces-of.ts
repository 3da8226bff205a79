import { BatchGetTracesCommand, XRayClient } from '@aws-sdk/client-xray';
import { awsClient } from '../doubles/aws-client.ts';

/** A document as X-Ray has it: a segment, or a part of one that was sent by itself or within another. */
export type Segment = {
  readonly id: string;
  readonly name: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly type?: 'subsegment';
  readonly start_time: number;
  readonly end_time?: number;
  readonly fault?: boolean;
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  readonly subsegments?: readonly Segment[];
};

const xray = new XRayClient(awsClient);

/** Returns the documents that X-Ray has of a trace. */
export async function documentsOf(traceId: string): Promise<Segment[]> {
  const { Traces: [trace] = [] } = await xray.send(new BatchGetTracesCommand({ TraceIds: [traceId] }));
  return (trace?.Segments ?? []).map(({ Document: document = '' }) => JSON.parse(document));
}

/** Returns segments with all of their parts, each of which knows what it is a part of. */
export const flat = (segments: readonly Segment[]): Segment[] =>
  segments.flatMap((segment) => [
    segment,
    ...flat(
      (segment.subsegments ?? []).map((part) => ({ ...part, parent_id: segment.id, trace_id: segment.trace_id })),
    ),
  ]);
