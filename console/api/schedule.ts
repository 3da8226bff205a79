import * as z from 'zod/mini';

const summaryShape = {
  id: z.string(),
  tenantId: z.string(),
  name: z.optional(z.string()),
  type: z.string(),
  cron: z.optional(z.string()),
  timezone: z.optional(z.string()),
  rateMinutes: z.optional(z.number()),
  overlap: z.string(),
  missed: z.string(),
  paused: z.boolean(),
  /** `definition`: it is changed, and ends, with its type. */
  source: z.string(),
  createdAt: z.string(),
  nextTime: z.optional(z.string()),
  last: z.optional(z.object({ time: z.string(), at: z.string(), outcome: z.string(), reason: z.optional(z.string()) })),
  lastTaskId: z.optional(z.string()),
  skipped: z.number(),
};

/** A schedule as lists show it. */
export const scheduleSummarySchema = z.object(summaryShape);
export type ScheduleSummary = z.infer<typeof scheduleSummarySchema>;

export const scheduleSchema = z.object({
  ...summaryShape,
  input: z.unknown(),
  nextTimes: z.array(z.string()),
  lastTaskStatus: z.optional(z.string()),
});
export type Schedule = z.infer<typeof scheduleSchema>;

export const schedulePageSchema = z.object({
  items: z.array(scheduleSummarySchema),
  nextCursor: z.nullable(z.string()),
});

export const OVERLAPS = ['queue', 'skip', 'cancel'] as const;
export const MISSED = ['latest', 'all'] as const;

export const isOfDefinition = ({ source }: Pick<ScheduleSummary, 'source'>): boolean => source === 'definition';
