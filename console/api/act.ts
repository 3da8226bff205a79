import * as z from 'zod/mini';

export const actSchema = z.object({
  time: z.string(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  action: z.string(),
  resource: z.string(),
  outcome: z.number(),
  requestId: z.string(),
});
export type Act = z.infer<typeof actSchema>;

export const actPageSchema = z.object({ items: z.array(actSchema), nextCursor: z.nullable(z.string()) });
