import * as z from 'zod/mini';

const failure = z.object({ code: z.string(), message: z.string(), retryable: z.optional(z.boolean()) });
const progress = z.object({ fraction: z.number(), note: z.optional(z.string()) });

const summaryShape = {
  id: z.string(),
  tenantId: z.string(),
  type: z.string(),
  priority: z.string(),
  status: z.string(),
  attempt: z.number(),
  maxAttempts: z.number(),
  timeoutSeconds: z.optional(z.number()),
  error: z.optional(failure),
  progress: z.optional(progress),
  assignee: z.optional(z.object({ type: z.string(), id: z.string() })),
  workflowInstanceId: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  parentId: z.optional(z.string()),
  subtaskCount: z.optional(z.number()),
  executorKey: z.string(),
  queueName: z.string(),
  createdAt: z.string(),
  runAt: z.optional(z.string()),
  startedAt: z.optional(z.string()),
  finishedAt: z.optional(z.string()),
  cancelRequestedAt: z.optional(z.string()),
  traceId: z.optional(z.string()),
};

/** A task as lists show it; of the API's, what the console reads. */
export const taskSummarySchema = z.object(summaryShape);
export type TaskSummary = z.infer<typeof taskSummarySchema>;

export const taskSchema = z.object({
  ...summaryShape,
  input: z.unknown(),
  output: z.optional(z.unknown()),
  /** Its submit has asked that this is told of its end. */
  onEnd: z.optional(z.object({ url: z.string() })),
});
export type Task = z.infer<typeof taskSchema>;

export const taskPageSchema = z.object({
  items: z.array(taskSummarySchema),
  nextCursor: z.nullable(z.string()),
});

/** What a task was given before retries gave it other inputs: until which attempt, and when it was replaced. */
export const formerInputsSchema = z.object({
  items: z.array(z.object({ attempt: z.number(), replacedAt: z.string(), input: z.optional(z.unknown()) })),
});

/** How many tasks fit a filter; there are more where that is not exact. */
export const taskCountSchema = z.object({
  total: z.number(),
  byStatus: z.record(z.string(), z.number()),
  isExact: z.boolean(),
});
export type TaskCount = z.infer<typeof taskCountSchema>;

/** The statuses in the order of a task's life. */
export const STATUSES = ['scheduled', 'queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;

/** Tells whether the type of a task is Millrace's own: it is in no list of types, and nobody submits one. */
export const isOfOwnType = ({ type }: Pick<TaskSummary, 'type'>): boolean => type.startsWith('millrace.');

/** Tells whether a task carries out a bulk action, which has the id of the task, and is not run again. */
export const isBulkAction = ({ type }: Pick<TaskSummary, 'type'>): boolean => type === 'millrace.bulk-action';

/** Tells whether a task has ended without an output. */
export const isLost = ({ status }: Pick<TaskSummary, 'status'>): boolean =>
  status === 'failed' || status === 'cancelled';

/** Tells whether nothing more happens to the task unless someone retries it. */
export const isFinished = ({ status }: Pick<TaskSummary, 'status'>): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled';
