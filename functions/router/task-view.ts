import * as z from 'zod';
import { PRIORITIES, queueNameOf } from '../contract.ts';
import type { JsonValue } from '../core/json.ts';
import type { PayloadStore } from '../core/ports.ts';
import type { Task } from '../core/task.ts';
import { available } from './available.ts';

const time = z.iso.datetime();

/** A name that a caller gives and an index takes: half a surrogate pair is no text there. */
export const nameSchema = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((name) => name.isWellFormed(), 'Invalid string: half a surrogate pair');

export const assigneeSchema = z.strictObject({ type: nameSchema(64), id: nameSchema(128) });

/** A task as the API shows it. */
export const taskSchema = z.strictObject({
  id: z.string(),
  tenantId: z.string(),
  type: z.string(),
  priority: z.enum(PRIORITIES),
  status: z.enum(['queued', 'running', 'succeeded', 'failed']),
  attempt: z.int().describe('Attempts so far'),
  maxAttempts: z.int(),
  timeoutSeconds: z.number(),
  input: z.unknown(),
  output: z.unknown().optional(),
  error: z.strictObject({ code: z.string(), message: z.string(), retryable: z.boolean() }).optional(),
  assignee: assigneeSchema.optional(),
  workflowInstanceId: z.string().optional(),
  executorKey: z.string(),
  queueName: z.string(),
  createdAt: time,
  runAt: time.optional().describe('When the next attempt may start, where it has to wait'),
  startedAt: time.optional().describe('When the latest attempt started'),
  finishedAt: time.optional(),
  traceId: z.string().optional(),
});
export type TaskView = z.infer<typeof taskSchema>;

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Shows a task with its payloads, wherever they are kept. */
export async function taskView(task: Task, payloads: PayloadStore, queueNamePrefix: string): Promise<TaskView> {
  const [input, output] = await available(
    Promise.all([payloads.get(task.input), task.status === 'succeeded' ? payloads.get(task.output) : undefined]),
  );
  return viewOf(task, input, output, queueNamePrefix);
}

/** Shows a task whose payloads are at hand. */
export function viewOf(task: Task, input: JsonValue, output: JsonValue | undefined, queueNamePrefix: string): TaskView {
  const { id, tenantId, type, priority, status, attempt, maxAttempts, timeoutSeconds, executorKey } = task;
  return {
    ...{ id, tenantId, type, priority, status, attempt, maxAttempts, timeoutSeconds, input },
    ...(output === undefined ? {} : { output }),
    ...('error' in task ? { error: task.error } : {}),
    ...(task.assignee === undefined ? {} : { assignee: task.assignee }),
    ...(task.workflowInstanceId === undefined ? {} : { workflowInstanceId: task.workflowInstanceId }),
    ...{ executorKey, queueName: queueNamePrefix + queueNameOf(executorKey), createdAt: iso(task.createdAt) },
    ...('notBefore' in task ? { runAt: iso(task.notBefore) } : {}),
    ...('startedAt' in task ? { startedAt: iso(task.startedAt) } : {}),
    ...('finishedAt' in task ? { finishedAt: iso(task.finishedAt) } : {}),
    ...(task.traceId === undefined ? {} : { traceId: task.traceId }),
  };
}
