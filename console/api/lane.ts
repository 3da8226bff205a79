import * as z from 'zod/mini';

export const laneSchema = z.object({
  name: z.string(),
  resourceClass: z.string(),
  kind: z.string(),
  depth: z.number(),
  inFlight: z.number(),
  /** These are the dead letters of all lanes of its class. */
  deadLetters: z.number(),
  maxConcurrency: z.number(),
  /** `null` until it is known how fast the lane works. */
  estimatedWaitSeconds: z.nullable(z.number()),
  /** This is the same with as few executors as the lane ever has. */
  worstWaitSeconds: z.nullable(z.number()),
  /** `open`, or `closed`: then what is submitted to it is refused. */
  admission: z.string(),
});
export type Lane = z.infer<typeof laneSchema>;

export const lanesSchema = z.object({ items: z.array(laneSchema) });

export const deadLettersSchema = z.object({
  items: z.array(
    z.object({
      messageId: z.string(),
      sentAt: z.string(),
      reason: z.object({ code: z.string(), message: z.string() }),
      /** Whose it is, where that is another tenant. */
      tenantId: z.optional(z.string()),
      /**
       * It is missing where the message cannot be read, or is another tenant's and the key has not the scope
       * `platform`.
       */
      task: z.optional(
        z.object({
          id: z.string(),
          type: z.string(),
          status: z.optional(z.string()),
          attempt: z.optional(z.number()),
        }),
      ),
    }),
  ),
  hasMore: z.boolean(),
  /** Somebody else has some of them in hand. */
  isAnotherUnderWay: z.optional(z.boolean()),
});
export type DeadLetters = z.infer<typeof deadLettersSchema>;

export const redrivenSchema = z.object({
  messages: z.number(),
  tasks: z.number(),
  unreadable: z.number(),
  refused: z.number(),
  /** They stay where the key has not the scope `platform`. */
  ofOthers: z.number(),
  hasMore: z.boolean(),
  /** Somebody else has some of them in hand. */
  isAnotherUnderWay: z.optional(z.boolean()),
});
export type Redriven = z.infer<typeof redrivenSchema>;

/** A dead letter by itself, with as much of it as the key may see. */
export const deadLetterSchema = z.object({
  messageId: z.string(),
  sentAt: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }),
  tasks: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      tenantId: z.string(),
      /** It is missing where nothing is kept of the task. */
      status: z.optional(z.string()),
    }),
  ),
  ofOthers: z.number(),
  message: z.optional(z.record(z.string(), z.unknown())),
  text: z.optional(z.string()),
});
export type DeadLetterDetails = z.infer<typeof deadLetterSchema>;

export const redrivenLetterSchema = z.object({ id: z.string(), tasks: z.number() });
export const droppedLetterSchema = z.object({ id: z.string(), cancelled: z.number() });
