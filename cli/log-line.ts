import * as z from 'zod';
import { parsedJson } from '../functions/core/parsed-json.ts';
import { printable } from './printable.ts';

/** Our functions write such records (`functions/runtime/log.ts`). */
const recordSchema = z.looseObject({
  event: z.string(),
  level: z.string(),
  time: z.iso.datetime(),
  task_id: z.string().optional(),
  task_type: z.string().optional(),
  attempt: z.number().optional(),
});

/** Errors are told so (`functions/core/thrown.ts`). */
const errorSchema = z.looseObject({
  class: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  stack: z.string().optional(),
});

/** Lambda's own lines about an invocation begin so. */
const PLATFORM = /^(INIT_START|START|END|REPORT|XRAY) /;

const INDENT = '    ';

/**
 * Writes a line of an executor's log as a person reads it; `undefined` for what is not about tasks: metrics, and what Lambda says of
 * an invocation. Stacks and causes follow on lines of their own. What is no record of ours, such as a handler's own
 * `console.log`, is shown as it is. None of it can do anything to the terminal, or look like another line: what follows a
 * line is indented.
 */
export function logLine(message: string): string | undefined {
  const text = message.trimEnd();
  if (text === '' || PLATFORM.test(text)) return undefined;
  const json = parsedJson(text);
  if (isMetric(json)) return undefined;
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success) return foreignLines(text);
  const { event, level, time, task_id: id, task_type: type, attempt, trace_id: _, ...more } = parsed.data;
  const { stack, cause, errors, ...fields } = more;
  const task = [type, id, attempt === undefined ? undefined : `#${attempt}`].filter(Boolean).join(' ');
  const shownFields = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  const line = [time.slice(11, 23), level.padEnd(5), task, event, ...shownFields].filter(Boolean).join('  ');
  return [printable(line), ...errorLines({ stack, cause, errors }, INDENT)].join('\n');
}

/** Writes what is no record of ours: where it would look like one, or follows one, it is indented. */
function foreignLines(text: string): string {
  const [first = '', ...others] = text.split(/\r?\n/).map(printable);
  return [/^\s*\d\d:\d\d/.test(first) ? INDENT + first : first, ...others.map((line) => INDENT + line)].join('\n');
}

/** Writes the stack of an error, and below it what lies behind it. */
function errorLines({ stack, cause, errors }: Record<string, unknown>, indent: string): string[] {
  const own =
    stack === undefined
      ? []
      : shown(stack)
          .split(/\r?\n/)
          .map((line) => indent + printable(line));
  const behind = [...(cause === undefined ? [] : [['cause', cause]]), ...listOf(errors).map((part) => ['part', part])];
  return [...own, ...behind.flatMap(([name, error]) => linesOfError(String(name), error, indent))];
}

function linesOfError(name: string, error: unknown, indent: string): string[] {
  const parsed = errorSchema.safeParse(error);
  if (!parsed.success) return [`${indent}${name}: ${printable(shown(error))}`];
  const { class: type, code, message = '', ...behind } = parsed.data;
  const head = [type, code, message].filter(Boolean).join(': ');
  return [`${indent}${name}: ${printable(head)}`, ...errorLines(behind, indent + INDENT)];
}

const isMetric = (json: unknown): boolean => typeof json === 'object' && json !== null && '_aws' in json;

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
