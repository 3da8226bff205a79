import * as z from 'zod';

/** What our functions write: `functions/runtime/log.ts`. */
const recordSchema = z.looseObject({
  event: z.string(),
  level: z.string(),
  time: z.iso.datetime(),
  task_id: z.string().optional(),
  task_type: z.string().optional(),
  attempt: z.number().optional(),
});

/** Lambda's own lines about an invocation. */
const PLATFORM = /^(INIT_START|START|END|REPORT|XRAY) /;

/**
 * A line of an executor's log as a person reads it; `undefined` for what is not about tasks: metrics, and what Lambda says of
 * an invocation. What is no record of ours, such as a handler's own `console.log`, is shown as it is.
 */
export function logLine(message: string): string | undefined {
  const text = message.trimEnd();
  if (text === '' || PLATFORM.test(text)) return undefined;
  const json = jsonOf(text);
  if (isMetric(json)) return undefined;
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success) return text;
  const { event, level, time, task_id: id, task_type: type, attempt, trace_id: _, ...more } = parsed.data;
  const task = [type, id, attempt === undefined ? undefined : `#${attempt}`].filter(Boolean).join(' ');
  const fields = Object.entries(more).map(([name, value]) => `${name}=${shown(value)}`);
  return [time.slice(11, 23), level.padEnd(5), task, event, ...fields].filter(Boolean).join('  ');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isMetric = (json: unknown): boolean => typeof json === 'object' && json !== null && '_aws' in json;

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
