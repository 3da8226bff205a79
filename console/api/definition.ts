import * as z from 'zod/mini';

export const PRIORITIES = ['high', 'normal', 'low'] as const;

export const definitionSchema = z.object({
  type: z.string(),
  description: z.string(),
  resources: z.string(),
  priority: z.string(),
  timeoutSeconds: z.number(),
  retry: z.object({ maxAttempts: z.number(), baseDelaySeconds: z.number(), maxDelaySeconds: z.number() }),
  retentionDays: z.optional(z.number()),
  paused: z.boolean(),
  /** This was set since the deploy. */
  settings: z.object({
    paused: z.optional(z.boolean()),
    priority: z.optional(z.string()),
    timeoutSeconds: z.optional(z.number()),
    maxAttempts: z.optional(z.number()),
  }),
  inputSchema: z.record(z.string(), z.unknown()),
  outputSchema: z.optional(z.record(z.string(), z.unknown())),
});
export type Definition = z.infer<typeof definitionSchema>;

export const definitionsSchema = z.object({
  items: z.array(definitionSchema),
  /** Types that are deployed, and of no use as they are. */
  broken: z.optional(z.array(z.object({ type: z.string(), reason: z.string() }))),
});
export type Definitions = z.infer<typeof definitionsSchema>;
