import type { UnprocessedTraceSegment } from '@aws-sdk/client-xray';

/** Sends documents of segments to X-Ray by one call, and returns those that it has refused. */
export type PutTraceSegments = (
  documents: string[],
  abortSignal: AbortSignal,
) => Promise<readonly UnprocessedTraceSegment[]>;

/** So long one of two tries waits for its connection, and for its answer: a network without a way to X-Ray has none. */
const requestHandler = { connectionTimeout: 500, requestTimeout: 1_000, throwOnRequestTimeout: true };

/** Loads a client of X-Ray, and returns its call: what loads it takes longer than that. */
export async function loadPutTraceSegments(): Promise<PutTraceSegments> {
  const { PutTraceSegmentsCommand, XRayClient } = await import('@aws-sdk/client-xray');
  const client = new XRayClient({ maxAttempts: 2, requestHandler });
  return async (documents, abortSignal) => {
    const command = new PutTraceSegmentsCommand({ TraceSegmentDocuments: documents });
    return (await client.send(command, { abortSignal })).UnprocessedTraceSegments ?? [];
  };
}
