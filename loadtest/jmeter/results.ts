import { parse } from 'csv-parse/sync';
import * as z from 'zod';
import { type Percentiles, percentilesOf } from '../scenarios/percentiles.ts';

/** What JMeter writes of a request, beside what nobody asks for here. */
const sampleSchema = z.object({
  timeStamp: z.coerce.number(),
  elapsed: z.coerce.number(),
  responseCode: z.string(),
  success: z.string(),
  taskId: z.string(),
});

export type JMeterResults = {
  readonly firstAt: number;
  readonly acceptedIds: readonly string[];
  /** How often each answer came that is no acceptance. */
  readonly errors: Readonly<Record<string, number>>;
  readonly submitsPerSecond: number;
  readonly milliseconds: Percentiles;
};

/** Reads JMeter's results, a CSV with a column for the variable `taskId`. */
export function readResults(csv: string): JMeterResults {
  const samples = z.array(sampleSchema).parse(parse(csv, { columns: true }));
  const milliseconds = percentilesOf(samples.map(({ elapsed }) => elapsed));
  if (milliseconds === undefined) throw new Error('JMeter sent no request; its log says why.');
  const firstAt = samples.reduce((first, { timeStamp }) => Math.min(first, timeStamp), Number.POSITIVE_INFINITY);
  const lastAt = samples.reduce((last, { timeStamp, elapsed }) => Math.max(last, timeStamp + elapsed), 0);
  const isAccepted = ({ success, taskId }: z.infer<typeof sampleSchema>) => success === 'true' && taskId !== '';
  const errors: Record<string, number> = {};
  for (const sample of samples) {
    if (!isAccepted(sample)) errors[sample.responseCode] = (errors[sample.responseCode] ?? 0) + 1;
  }
  const acceptedIds = samples.filter(isAccepted).map(({ taskId }) => taskId);
  const submitsPerSecond = acceptedIds.length / Math.max(0.001, (lastAt - firstAt) / 1000);
  return { firstAt, acceptedIds, errors, submitsPerSecond, milliseconds };
}
