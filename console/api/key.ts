import * as z from 'zod/mini';

export const keySchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  ratePerSecond: z.optional(z.number()),
  maxOpenTasks: z.optional(z.number()),
  createdAt: z.string(),
  /** Whether the reader is signed in with it. */
  isCaller: z.boolean(),
});
export type Key = z.infer<typeof keySchema>;

export const keyPageSchema = z.object({ items: z.array(keySchema), nextCursor: z.nullable(z.string()) });
