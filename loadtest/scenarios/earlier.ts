import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/** Where reports are kept, to be compared with. */
export const KEPT = join(import.meta.dirname, '../../docs/performance');

const line = z.array(z.number().nullable()).readonly();
const percentiles = z.object({ count: z.number(), p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() });
const latency = z.object({ all: percentiles.optional(), lanes: z.record(z.string(), percentiles) });
const earlierSchema = z.object({
  at: z.string(),
  commit: z.string(),
  tasks: z.number(),
  drainSeconds: z.number().nullable(),
  refusals: z.record(z.string(), z.number()),
  errors: z.record(z.string(), z.number()),
  rates: z.object({ requests: z.number(), accepted: z.number(), ended: z.number() }),
  submit: latency,
  endToEnd: latency,
  usage: z.array(z.object({ group: z.string(), cpuMillisecondsPerTask: z.number(), mostBytes: z.number() })).readonly(),
  findings: z.array(z.object({ name: z.string(), value: z.union([z.number(), z.string()]) })).readonly(),
  series: z.object({
    secondsEach: z.number(),
    ended: line,
    submit: z.object({ p95: line }),
    endToEnd: z.object({ p95: line }),
  }),
});
/** What a report is compared with: a part of an earlier one. */
export type Earlier = z.infer<typeof earlierSchema>;

/** The report of a scenario that was kept last. */
export function readEarlier(scenario: string): Earlier | undefined {
  const name = `${scenario}.json`;
  if (!existsSync(join(KEPT, name))) return undefined;
  const { success, data } = earlierSchema.safeParse(JSON.parse(readFileSync(join(KEPT, name), 'utf8')));
  if (success) return data;
  throw new Error(`docs/performance/${name} is no report that can be compared with: remove it.`);
}
