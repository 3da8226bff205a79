import * as z from 'zod/mini';

const percentiles = z.nullable(z.object({ p50: z.number(), p95: z.number(), p99: z.number() }));

const countsShape = {
  accepted: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  retried: z.number(),
  waitMilliseconds: percentiles,
  runMilliseconds: percentiles,
  /** US dollars: in all, and for the executors' time among it. */
  cost: z.object({ usd: z.number(), computeUsd: z.number() }),
};

const costs = z.array(z.object({ minute: z.string(), usd: z.number() }));

/** What happened to tasks between two times: in all, by type, and by the minutes in which anything did. */
export const statisticsSchema = z.object({
  from: z.string(),
  to: z.string(),
  total: z.object(countsShape),
  byType: z.array(z.object({ type: z.string(), ...countsShape, costs })),
  /** Of a key that may see all tenants, where it has asked for them. */
  byTenant: z.optional(z.array(z.object({ tenantId: z.string(), ...countsShape, costs }))),
  tenantsLeftOut: z.optional(z.number()),
  fixed: z.optional(z.object({ usdPerHour: z.number(), usd: z.number() })),
  items: z.array(z.object({ minute: z.string(), ...countsShape })),
});
export type Statistics = z.infer<typeof statisticsSchema>;
