import * as z from 'zod';
import { PRIORITIES } from '../../contract.ts';
import type { DeployedClasses } from '../../resource-classes.ts';
import { once } from '../concurrency.ts';
import type { JsonValue } from '../json.ts';
import { parseScheduleId, type ScheduleId } from '../schedule/schedule.ts';
import { parseTaskId, parseTenantId, type TaskId, type TenantId } from './ids.ts';
import { isPayloadOf } from './payload.ts';
import { MAX_TAGS, TAG } from './tag-index.ts';
import { seedOf, type TaskSeed } from './task.ts';

const seedSchema = once(() => {
  const taskIdSchema = z.string().transform((text, ctx): TaskId => parseTaskId(text) ?? refuse(ctx, 'is no task id'));
  const scheduleIdSchema = z
    .string()
    .transform((text, ctx): ScheduleId => parseScheduleId(text) ?? refuse(ctx, 'is no id of a schedule'));
  const payloadSchema = z.union(
    [
      // It is not z.json(), whose copy has no key `__proto__`. What can be written again is no deeper than the stack.
      z.strictObject({ inline: z.custom<JsonValue>((value) => JSON.stringify(value) !== undefined) }),
      z.strictObject({ ref: z.string().min(1) }),
    ],
    { error: 'must be {"inline": ...}, with what the task is given, or {"ref": ...}, as it was' },
  );
  const shape = z.strictObject({
    id: taskIdSchema,
    tenantId: z.string().transform((text, ctx): TenantId => parseTenantId(text) ?? refuse(ctx, 'is no tenant id')),
    type: z.string().min(1),
    resourceClass: z.string().min(1),
    priority: z.enum(PRIORITIES),
    executorKey: z.string().min(1),
    maxAttempts: z.int().positive(),
    timeoutSeconds: z.number().positive(),
    retentionDays: z.int().positive().exactOptional(),
    input: payloadSchema,
    inputVersion: z.string().exactOptional(),
    fingerprint: z.string().min(1),
    createdAt: z.int().positive(),
    runAt: z.int().positive().exactOptional(),
    assignee: z.strictObject({ type: z.string(), id: z.string() }).exactOptional(),
    workflowInstanceId: z.string().exactOptional(),
    tags: z.array(z.string().regex(TAG)).min(1).max(MAX_TAGS).exactOptional(),
    parent: z
      .strictObject({ id: taskIdSchema, attempt: z.int().positive(), index: z.int().min(0), depth: z.int().positive() })
      .exactOptional(),
    schedule: z.strictObject({ id: scheduleIdSchema, time: z.int() }).exactOptional(),
    onEnd: payloadSchema.exactOptional(),
    traceHeader: z.string().exactOptional(),
    limits: z
      .strictObject({
        ratePerSecond: z.number().positive().exactOptional(),
        maxOpenTasks: z.number().positive().exactOptional(),
      })
      .exactOptional(),
  });
  // Whoever may write to a lane must not have a task read what is another tenant's.
  const error = 'refers to a payload that is not of the tenant';
  return shape
    .refine(({ tenantId, input }) => isPayloadOf(tenantId, input), { path: ['input', 'ref'], error })
    .refine(({ tenantId, onEnd }) => onEnd === undefined || isPayloadOf(tenantId, onEnd), {
      path: ['onEnd', 'ref'],
      error,
    });
});

/** Version 1 of what travels on a lane: whole tasks, so that they can run even where their rows were never written. */
const messageSchema = once(() => z.strictObject({ v: z.literal(1), tasks: z.array(seedSchema()).min(1) }));

function refuse(ctx: z.RefinementCtx, message: string): never {
  ctx.addIssue({ code: 'custom', message });
  return z.NEVER;
}

/** Encodes one task of a message. SQS refuses U+FFFE and U+FFFF, which JSON leaves as they are. */
export const encodeTask = (task: TaskSeed): string =>
  JSON.stringify(seedOf(task)).replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');

/** Returns the body of the message that carries these tasks, each encoded by `encodeTask`. */
export const encodeMessage = (encoded: readonly string[]): string => `{"v":1,"tasks":[${encoded.join(',')}]}`;

export type DecodedMessage =
  | { readonly result: 'tasks'; readonly tasks: readonly TaskSeed[] }
  /** A later version of Millrace wrote it, and can read it. */
  | { readonly result: 'newer' }
  | { readonly result: 'malformed'; readonly reason: string };

const newerSchema = once(() => z.object({ v: z.int().min(2) }));

const MAX_REASON_LENGTH = 300;

/**
 * Reads a message back. What is no message of ours comes with the reason, in one line; so does one with a task of a class that is
 * not among `classes`, where they are given.
 */
export function decodeMessage(body: string, classes?: DeployedClasses): DecodedMessage {
  try {
    const value: unknown = JSON.parse(body);
    const parsed = messageSchema().safeParse(value);
    if (parsed.success) return withClasses(parsed.data.tasks, classes);
    if (newerSchema().safeParse(value).success) return { result: 'newer' };
    const issue = parsed.error.issues[0];
    // The name of an unknown field is in the message, and may have any length and character.
    const message = issue?.message.slice(0, MAX_REASON_LENGTH).replace(/[\s\p{C}]+/gu, ' ');
    return { result: 'malformed', reason: `${issue?.path.join('.') || 'the body'}: ${message}` };
  } catch {
    // JSON.parse throws on what is not JSON, and the schema on what nests deeper than the stack.
    return { result: 'malformed', reason: 'the body is not JSON that can be read' };
  }
}

function withClasses(tasks: readonly TaskSeed[], classes: DeployedClasses | undefined): DecodedMessage {
  if (classes === undefined) return { result: 'tasks', tasks };
  const place = tasks.findIndex(({ resourceClass }) => !Object.hasOwn(classes, resourceClass));
  if (place === -1) return { result: 'tasks', tasks };
  const reason = `tasks.${place}.resourceClass: must be one of ${Object.keys(classes).join(', ')}`;
  return { result: 'malformed', reason: reason.slice(0, MAX_REASON_LENGTH) };
}
