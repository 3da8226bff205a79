import * as z from 'zod';
import { PRIORITIES } from '../../contract.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import type { JsonValue } from '../../core/json.ts';
import type { PayloadStore } from '../../core/ports.ts';
import { parseTaskId, type TaskId } from '../../core/task/ids.ts';
import type { Payload } from '../../core/task/payload.ts';
import { TAG } from '../../core/task/tag-index.ts';
import type { Task, TaskSummary } from '../../core/task/task.ts';
import { END_STATUSES, MAX_URL_CHARACTERS } from '../../core/webhook/end-target.ts';
import { shownTask, type Viewer } from '../../core/webhook/shown-task.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import type { Caller, Parameter, Request, Response, RouterPorts } from '../route.ts';

/** Describes a name that a caller gives and an index takes: half a surrogate pair is no text there. */
export const nameSchema = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((name) => name.isWellFormed(), 'Invalid string: half a surrogate pair');

/** Describes a tag of a task. */
export const tagSchema = once(() =>
  z.string().regex(TAG, 'must be 1 to 64 letters, digits and characters of . _ : / = @ -'),
);

export const assigneeSchema = once(() => z.strictObject({ type: nameSchema(64), id: nameSchema(128) }));

/** Describes whom a submit asks to be told of the end of its task. */
export const onEndSchema = once(() =>
  z.strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .max(MAX_URL_CHARACTERS)
      .describe('Where to POST it, within outboundHosts'),
    statuses: z.array(z.enum(END_STATUSES)).min(1).max(END_STATUSES.length).optional().describe('All unless given'),
    includeOutput: z.boolean().optional().describe('Tells the output as well, up to 64 KB of it'),
  }),
);

export const STATUSES = ['scheduled', 'queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;

/** Describes a task as lists and bulk submits show it. */
export const taskSummarySchema = once(() => {
  const time = z.iso.datetime();
  const count = z.int().min(0).max(1_000_000);
  return z
    .strictObject({
      id: z.string(),
      tenantId: z.string(),
      type: z.string(),
      priority: z.enum(PRIORITIES),
      status: z.enum(STATUSES),
      attempt: count.describe('Attempts so far'),
      maxAttempts: count,
      timeoutSeconds: z.number(),
      error: z.strictObject({ code: z.string(), message: z.string(), retryable: z.boolean() }).optional(),
      assignee: assigneeSchema().optional(),
      workflowInstanceId: z.string().optional(),
      tags: z.array(z.string()).optional(),
      parentId: z.string().optional().describe('The task whose subtask this one is'),
      schedule: z
        .strictObject({ id: z.string(), time })
        .optional()
        .describe('The schedule that it, or the task whose subtask it is, is of, and when that firing was due'),
      subtaskCount: count.optional().describe('Into how many subtasks it was fanned out'),
      progress: z
        .strictObject({ fraction: z.number().min(0).max(1), note: z.string().optional() })
        .optional()
        .describe('How far the attempt under way is, as its handler tells'),
      executorKey: z.string(),
      queueName: z.string(),
      createdAt: time,
      runAt: time.optional().describe('When it was asked to run, or when its next attempt may start'),
      startedAt: time.optional().describe('When the latest attempt started'),
      finishedAt: time.optional(),
      cancelRequestedAt: time.optional().describe('It is running, and is to end as cancelled'),
      traceId: z.string().optional(),
    })
    .meta({ id: 'TaskSummary' });
});
export type TaskSummaryView = z.infer<ReturnType<typeof taskSummarySchema>>;

/** Describes a task as the API shows it. */
export const taskSchema = once(() =>
  z
    .strictObject({
      ...taskSummarySchema().shape,
      input: z.unknown().optional().describe('Missing where the key may not read, or where `missing` says so'),
      output: z.unknown().optional(),
      onEnd: onEndSchema().optional().describe('Whom its submit has asked to be told of its end'),
      missing: z
        .array(z.enum(['input', 'output']))
        .optional()
        .describe('What the task had, and the payload store does not keep any more'),
    })
    .meta({ id: 'Task' }),
);
export type TaskView = z.infer<ReturnType<typeof taskSchema>>;

/** Holds a task's payloads as they were written; one that it has not, or that nobody keeps any more, is missing. */
type Payloads = {
  readonly input?: JsonValue | undefined;
  readonly output?: JsonValue | undefined;
  readonly onEnd?: TaskView['onEnd'] | undefined;
};

/** Shows a task with its payloads, which it reads from where they are kept. */
export async function loadTaskView(
  task: Task,
  viewer: Viewer & { readonly payloads: PayloadStore },
): Promise<TaskView> {
  const { input: sent, onEnd: asked } = task;
  const made = task.status === 'succeeded' ? task.output : undefined;
  const load = async (payload: Payload | undefined) => payload && viewer.payloads.get(task.tenantId, payload);
  const [input, output, target] = await orUnavailable(Promise.all([sent, made, asked].map(load)));
  const missing = [
    ...(input === undefined ? (['input'] as const) : []),
    ...(made !== undefined && output === undefined ? (['output'] as const) : []),
  ];
  const onEnd = target === undefined ? undefined : (target as TaskView['onEnd']);
  const view = taskView(task, { input, output, onEnd }, viewer);
  return missing.length === 0 ? view : { ...view, missing };
}

/**
 * Makes the answer that shows a task: whole to a caller who may read, to others without what it was given and what came of it. A
 * key that only submits learns by a repeated submit no more than by the first.
 */
export async function taskAnswer(
  task: Task,
  { scopes }: Caller,
  viewer: Viewer & { readonly payloads: PayloadStore },
): Promise<Pick<Response, 'body' | 'shorter'>> {
  const summary = summaryOf(task, viewer);
  if (!scopes.includes('read')) return { body: withoutResult(summary) };
  return { body: await loadTaskView(task, viewer), shorter: () => summary };
}

export const withoutResult = ({ error: _, progress: _progress, ...summary }: TaskSummaryView): TaskSummaryView =>
  summary;

/** Shows a task whose payloads are at hand. */
export const taskView = (task: Task, payloads: Payloads, viewer: Viewer): TaskView => ({
  ...summaryOf(task, viewer),
  ...compact(payloads),
});

/** Shows a task without its payloads, as its schema has it. */
export const summaryOf = (task: TaskSummary, viewer: Viewer): TaskSummaryView => shownTask(task, viewer);

export const taskIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  required: true,
  description: "The task's id",
  schema: () => z.string(),
};

export const noSuchTask = (): Problem => new Problem('not_found', 'there is no such task');

/** Returns the id in the path. Throws the problem of a task that cannot exist. */
export function parsePathId({ parameters }: Request): TaskId {
  const id = parseTaskId(parameters.id ?? '');
  if (id === undefined) throw noSuchTask();
  return id;
}

/** Reads the caller's task that the path names. Throws the problem of one that is not there, or is another tenant's. */
export async function loadTask(
  request: Request,
  { tenantId }: Caller,
  ports: Pick<RouterPorts, 'store' | 'clock'>,
): Promise<Task> {
  const task = await orUnavailable(ports.store.get(tenantId, parsePathId(request), ports.clock()));
  if (task === undefined) throw noSuchTask();
  return task;
}
