import { hash } from 'node:crypto';
import type { BatchContext, BatchItem } from '../../functions/core/define-task.ts';
import { failUnlessOk } from '../fail-unless-ok.ts';
import type { HttpBulkInput } from './http-bulk-input.ts';
import { outcomesOfAnswer, type RecordOutcome } from './outcomes-of-answer.ts';

/** A record, and the place of its task in the batch. */
type Line = BatchItem<HttpBulkInput> & { readonly place: number };

/**
 * Posts the records of a batch, in one request for each endpoint. What fails at one endpoint, network errors included,
 * fails its own records alone; where the endpoint answers for each record, that record alone.
 */
export async function sendRecords(
  items: readonly BatchItem<HttpBulkInput>[],
  ctx: BatchContext,
): Promise<RecordOutcome[]> {
  const outcomes = new Array<RecordOutcome>(items.length);
  // They go in the order of their ids: the same tasks make the same request, under the same key.
  const lines = items
    .map((item, place): Line => ({ ...item, place }))
    .toSorted((a, b) => (a.task.id < b.task.id ? -1 : 1));
  const groups = Map.groupBy(lines, ({ input }) => input.endpoint);
  // All endpoints are asked at once: one that is slow must not keep another from its turn.
  await Promise.all(
    [...groups].map(async ([endpoint, group]) => {
      const answered = await outcomesAt(endpoint, group, ctx);
      for (const [index, { place }] of group.entries())
        outcomes[place] = answered[index] ?? new Error('the endpoint was not asked for it');
    }),
  );
  return outcomes;
}

async function outcomesAt(endpoint: string, lines: readonly Line[], ctx: BatchContext): Promise<RecordOutcome[]> {
  try {
    const response = await ctx.http.request(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        accept: 'application/json',
        'idempotency-key': hash('sha256', lines.map(({ task }) => task.id).join('\n')),
      },
      body: lines.map(({ input }) => `${JSON.stringify(input.record)}\n`).join(''),
      compress: 'gzip',
      signal: ctx.signal,
    });
    await failUnlessOk(response);
    return await outcomesOfAnswer(response, lines.length);
  } catch (error) {
    return lines.map(() => (error instanceof Error ? error : new Error(String(error))));
  }
}
