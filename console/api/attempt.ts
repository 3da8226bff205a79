import * as z from 'zod/mini';

const cause = z.object({ class: z.optional(z.string()), code: z.optional(z.string()), message: z.string() });

const attemptSchema = z.object({
  number: z.number(),
  outcome: z.string(),
  startedAt: z.optional(z.string()),
  endedAt: z.optional(z.string()),
  error: z.optional(
    z.object({
      code: z.string(),
      message: z.string(),
      class: z.optional(z.string()),
      causes: z.optional(z.array(cause)),
      stack: z.optional(z.string()),
    }),
  ),
  progress: z.optional(z.object({ fraction: z.number(), note: z.optional(z.string()) })),
});

/** An attempt of a task; of the API's, what the console reads. */
export type Attempt = z.infer<typeof attemptSchema>;

export const attemptsSchema = z.object({ items: z.array(attemptSchema) });

const lineSchema = z.object({
  time: z.string(),
  level: z.string(),
  message: z.string(),
  attempt: z.optional(z.number()),
  fields: z.optional(z.record(z.string(), z.unknown())),
});

/** What was logged about a task. */
export type LogLine = z.infer<typeof lineSchema>;

export const logPageSchema = z.object({ items: z.array(lineSchema), nextCursor: z.nullable(z.string()) });
