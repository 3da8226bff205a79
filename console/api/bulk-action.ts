import * as z from 'zod/mini';

export const BULK_VERBS = ['retry', 'cancel', 'delete'] as const;
export type BulkVerb = (typeof BULK_VERBS)[number];

const counts = z.object({ matched: z.number(), done: z.number(), refused: z.number() });

export const bulkActionSchema = z.object({
  id: z.string(),
  action: z.enum(BULK_VERBS),
  filter: z.record(z.string(), z.string()),
  status: z.string(),
  /** Whether `matched` is known: what matches is counted first. */
  isCounted: z.boolean(),
  counts,
  refusals: z.array(z.object({ code: z.string(), count: z.number(), exampleIds: z.array(z.string()) })),
  ratePerSecond: z.number(),
  createdAt: z.string(),
  finishedAt: z.optional(z.string()),
  abortRequestedAt: z.optional(z.string()),
  taskId: z.string(),
});
export type BulkAction = z.infer<typeof bulkActionSchema>;

export const bulkActionPageSchema = z.object({ items: z.array(bulkActionSchema), nextCursor: z.nullable(z.string()) });

/** How many tasks it would be done to; there are more where that is not exact. */
export const bulkCountSchema = z.object({ counts, isExact: z.boolean() });
export type BulkCount = z.infer<typeof bulkCountSchema>;
