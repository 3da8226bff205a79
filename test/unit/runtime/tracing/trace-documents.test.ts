import xray from 'aws-xray-sdk-core';
import { describe, expect, it } from 'vitest';
import { documentsOf } from '../../../../functions/runtime/tracing/trace-documents.ts';

const segmentOf = (calls: number, name = 'DynamoDB') => {
  const segment = new xray.Segment('millrace-router', '1-6b04c28d-e8be8acc27b5c47405b6f5a2', '53995c3f42cd8ad8');
  segment.flush = () => {};
  for (let call = 0; call < calls; call++) segment.addNewSubsegment(name).close();
  segment.close();
  return segment;
};

type Document = { id: string; parent_id: string; trace_id: string; type?: string; subsegments?: Document[] };
const parsed = (documents: readonly string[]): Document[] => documents.map((document) => JSON.parse(document));

describe('the documents of a segment', () => {
  it('are one where it fits, with all that it has', () => {
    const [document, ...more] = parsed(documentsOf(segmentOf(20)));
    expect(more).toEqual([]);
    expect(document).toMatchObject({ parent_id: '53995c3f42cd8ad8', trace_id: '1-6b04c28d-e8be8acc27b5c47405b6f5a2' });
    expect(document?.subsegments).toHaveLength(20);
  });

  it.each([
    { calls: 1_000, name: 'DynamoDB' },
    { calls: 3_000, name: 'ü'.repeat(60) },
  ])('are as many as it takes, each of 64 KB at most, and none of $calls parts is lost', ({ calls, name }) => {
    const segment = segmentOf(calls, name);
    const documents = documentsOf(segment);
    for (const document of documents) expect(Buffer.byteLength(document)).toBeLessThanOrEqual(65_536);
    const [first, ...frames] = parsed(documents);
    expect(first).toMatchObject({ id: segment.id, parent_id: '53995c3f42cd8ad8' });
    for (const frame of frames) {
      expect(frame).toMatchObject({ type: 'subsegment', parent_id: segment.id, trace_id: segment.trace_id });
    }
    expect(new Set([first, ...frames].map((one) => one?.id)).size).toBe(documents.length);
    expect(frames.flatMap(({ subsegments = [] }) => subsegments.map(({ id }) => id))).toEqual(
      segment.subsegments?.map(({ id }) => id),
    );
  });
});
