import type { TaskContext } from '../core/define-task.ts';
import { loggedValueOf } from '../core/thrown.ts';

type Line = Parameters<TaskContext['log']>;
type Fields = NonNullable<Line[1]>;

/** What `ctx.log` was given, in a form that JSON and messages between threads carry. Never throws: a line is no reason to fail. */
export function loggable(message: unknown, fields?: unknown): Line {
  const text = messageText(message);
  if (fields === undefined) return [text];
  const value = loggedValueOf(fields);
  return [text, typeof value === 'object' && value !== null ? (value as Fields) : { value }];
}

function messageText(message: unknown): string {
  if (typeof message === 'string') return message;
  const isPrimitive = message === null || !['object', 'function'].includes(typeof message);
  return isPrimitive ? String(message) : JSON.stringify(loggedValueOf(message));
}
