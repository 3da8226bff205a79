import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { laneOf } from '../scenarios/answers.ts';
import type { Fates } from '../scenarios/drain.ts';
import type { RequestRecord } from '../scenarios/generate-load.ts';

/** What JMeter writes of a request, beside what nobody asks for here; its code is a text where there was no answer. */
const sampleSchema = z.object({
  timeStamp: z.coerce.number(),
  elapsed: z.coerce.number(),
  responseCode: z.string(),
  success: z.string(),
  taskId: z.string(),
});

/** Reads JMeter's results, a CSV with a column for the variable `taskId`; the lanes of tasks show in what became of them. */
export function readResults(csv: string, fates: Fates): RequestRecord[] {
  const samples = z.array(sampleSchema).parse(parse(csv, { columns: true }));
  if (samples.length === 0) throw new Error('JMeter sent no request; its log says why.');
  return samples.map(({ timeStamp, elapsed, responseCode, success, taskId }) => {
    const isAccepted = success === 'true' && taskId !== '';
    const { executorKey, createdAt } = fates.get(taskId) ?? { executorKey: 'unknown', createdAt: timeStamp };
    return {
      ...{ kind: 'single', phase: 'clients', dueAt: timeStamp, startedAt: timeStamp, endedAt: timeStamp + elapsed },
      accepted: isAccepted ? [{ id: taskId, lane: laneOf(executorKey), createdAt }] : [],
      isReplayed: false,
      refusals: responseCode === '429' ? ['429'] : [],
      errors: isAccepted || responseCode === '429' ? [] : [responseCode],
    };
  });
}
