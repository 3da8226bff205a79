import * as z from 'zod';
import { compact } from '../compact.ts';
import { once } from '../concurrency.ts';
import type { JsonValue } from '../json.ts';
import { parsedJson } from '../parsed-json.ts';
import type { TaskId } from './ids.ts';

/** A line that an executor has written about a task, as its owner is shown it. */
export type LogLine = {
  /** An ISO 8601 time. */
  readonly time: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly attempt?: number;
  readonly fields?: Readonly<Record<string, JsonValue>>;
};

/** Describes a line as executors write it (`runtime/log.ts`). A line about a batch names some of its tasks. */
const recordSchema = once(() =>
  z.looseObject({
    time: z.iso.datetime(),
    level: z.enum(['info', 'warn', 'error']),
    event: z.string(),
    task_id: z.string().optional(),
    task_ids: z.array(z.string()).optional(),
    attempt: z.int().optional(),
    /** What the handler has said, apart from what is ours. */
    fields: z.record(z.string(), z.json()).optional(),
  }),
);

/** Of our own fields these are about the task. What failed of the platform, and where in it, is for whoever runs that. */
const OWN_FIELDS = [
  'duration_ms',
  'task_status',
  'max_attempts',
  'error',
  'error_class',
  'error_code',
  'error_message',
  'retry_after_seconds',
  'left',
];

/** Reads a line as one about a task; `undefined` for one that only mentions it, or that no executor has written. */
export function lineAbout(id: TaskId, text: string): LogLine | undefined {
  const parsed = recordSchema().safeParse(parsedJson(text));
  if (!parsed.success) return undefined;
  const {
    time,
    level,
    event: message,
    task_id: taskId,
    task_ids: taskIds = [],
    attempt,
    fields,
    ...more
  } = parsed.data;
  if (taskId === undefined ? !taskIds.includes(id) : taskId !== id) return undefined;
  const own = Object.fromEntries(OWN_FIELDS.filter((name) => name in more).map((name) => [name, more[name]]));
  const shown = { ...own, ...fields } as Record<string, JsonValue>;
  return compact({ time, level, message, attempt, fields: Object.keys(shown).length === 0 ? undefined : shown });
}
