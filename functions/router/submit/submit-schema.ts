import * as z from 'zod';
import { MAX_ATTEMPTS, MAX_DELAY_SECONDS, PRIORITIES } from '../../contract.ts';
import { once } from '../../core/concurrency.ts';
import { MAX_TAGS } from '../../core/task/tag-index.ts';
import type { JsonBody } from '../http/body.ts';
import { type FieldError, Problem } from '../http/problem.ts';
import type { Request } from '../route.ts';
import { assigneeSchema, nameSchema, onEndSchema, tagSchema } from '../routes/task-view.ts';

const IDEMPOTENCY_KEY = 'idempotency-key';
const idempotencyKeySchema = once(() => z.string().regex(/^[\x21-\x7e]{1,128}$/));

const tagsSchema = () =>
  z
    .array(tagSchema())
    .max(MAX_TAGS)
    .refine((tags) => new Set(tags).size === tags.length, 'has a tag twice')
    .meta({ uniqueItems: true });

/** Describes the body of a submit. */
export const submitSchema = once(() =>
  z.strictObject({
    type: z.string().min(1).describe('One of those that GET /api/definitions lists'),
    input: z.unknown().nonoptional().describe("What the type's schema takes"),
    priority: z.enum(PRIORITIES).optional().describe("The type's own unless given"),
    assignee: assigneeSchema().optional(),
    workflowInstanceId: nameSchema(128).optional(),
    tags: tagsSchema()
      .optional()
      .describe('Words by which to find it; each costs a write as it is made, and one as it goes'),
    delaySeconds: z.int().min(0).max(MAX_DELAY_SECONDS).optional().describe('Run so much later; not with runAt'),
    runAt: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('Run then, within a year; at once if it is past; not with delaySeconds'),
    maxAttempts: z.int().min(1).max(MAX_ATTEMPTS).optional(),
    timeoutSeconds: z.int().min(1).optional().describe('For one attempt'),
    onEnd: onEndSchema().optional().describe('Whom to tell of its end; takes the scope read as well'),
    idempotencyKeyTtlSeconds: z
      .int()
      .min(1)
      .optional()
      .describe(
        'For so long the key stands for this task, at most for as long as tasks are kept; if missing, while it is',
      ),
  }),
);

/** Describes one task of a bulk submit. */
export const bulkTaskSchema = once(() =>
  z.strictObject({
    ...submitSchema().shape,
    idempotencyKey: idempotencyKeySchema()
      .optional()
      .describe('What the header Idempotency-Key is to a single submit, and the same key'),
  }),
);
export type Submit = z.infer<ReturnType<typeof bulkTaskSchema>>;

export const idempotencyKeyParameter = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  description:
    'Submitting again with the same key and what means the same answers with the first task: 1 to 128 visible characters',
  schema: idempotencyKeySchema,
} as const;

/** Returns the key of a request; `undefined` where it has none. Throws the problem of one that cannot be a key. */
export function idempotencyKeyOf({ headers }: Request): string | undefined {
  const key = headers[IDEMPOTENCY_KEY];
  if (key === undefined || idempotencyKeySchema().safeParse(key).success) return key;
  throw invalidSubmit([{ field: 'Idempotency-Key', message: 'must have 1 to 128 visible ASCII characters' }]);
}

/** Returns the key that a task of a bulk has for itself; `undefined` where that is none, or cannot be one. */
export function ownKeyOf({ value }: JsonBody): string | undefined {
  if (value === null || typeof value !== 'object' || !('idempotencyKey' in value)) return undefined;
  return idempotencyKeySchema().safeParse(value.idempotencyKey).data;
}

/** Returns the problem of a submit with these wrong fields. */
export const invalidSubmit = (errors: readonly FieldError[]): Problem =>
  new Problem('invalid_request', 'the task cannot be accepted as it is', { errors });
