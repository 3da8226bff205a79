import * as z from 'zod/mini';

export const END_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

const webhookShape = {
  id: z.string(),
  name: z.optional(z.string()),
  url: z.string(),
  /** Of all types where it is missing. */
  types: z.optional(z.array(z.string())),
  /** All where it is missing. */
  statuses: z.optional(z.array(z.string())),
  includeOutput: z.boolean(),
  paused: z.boolean(),
  /** `gone`: its receiver has answered 410. */
  pauseReason: z.optional(z.string()),
  pausedAt: z.optional(z.string()),
  createdAt: z.string(),
};

export const webhookSchema = z.object(webhookShape);
export type Webhook = z.infer<typeof webhookSchema>;

export const webhooksSchema = z.object({ items: z.array(webhookSchema) });

/** A webhook that has just been made comes with its secret, which is shown this once. */
export const madeWebhookSchema = z.object({ ...webhookShape, secret: z.string() });

export const secretSchema = z.object({
  secret: z.string(),
  /** Until when the one before signs as well. */
  previousUntil: z.optional(z.string()),
});
export type Secret = z.infer<typeof secretSchema>;
