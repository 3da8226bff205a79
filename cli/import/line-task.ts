import { createHash } from 'node:crypto';
import type { FieldError } from '../../client/millrace-error.ts';
import type { AnyDefinition, TaskToSubmit } from '../../client/tasks.ts';
import { InexactJson, parseExactJson } from '../exact-json.ts';
import type { Line } from './file-lines.ts';

/** Why a line was refused, by the API or before. */
export type LineProblem = {
  readonly code: string;
  readonly status?: number | undefined;
  readonly detail: string;
  readonly errors?: readonly FieldError[] | undefined;
};

/** What becomes of a line: a task to submit, or why it is none. */
export type LineTask = { readonly number: number; readonly text: string | undefined } & (
  | { readonly task: TaskToSubmit<AnyDefinition> }
  | { readonly problem: LineProblem }
);

/** Reads the task of a line; `undefined` where the line is blank. `importId` tells the lines of one import from those of others. */
export function lineTaskOf({ number, content }: Line, importId: string): LineTask | undefined {
  if ('fault' in content) return { number, text: undefined, problem: { code: 'invalid_line', detail: content.fault } };
  const { text } = content;
  if (text.trim() === '') return undefined;
  const refused = (detail: string): LineTask => ({ number, text, problem: { code: 'invalid_line', detail } });
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch (error) {
    if (error instanceof InexactJson) return refused(error.message);
    throw error;
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return refused('it is no task, such as {"type": "greet", "input": {"name": "Ada"}}');
  }
  if ('idempotencyKeyTtlSeconds' in value) {
    return refused('idempotencyKeyTtlSeconds would end the key of a line that may be submitted again: leave it out');
  }
  return { number, text, task: { idempotencyKey: keyOf(importId, number), ...value } as TaskToSubmit<AnyDefinition> };
}

/** Returns the key of a line, the same whenever it is imported: it stands for one task as long as that is kept. */
const keyOf = (importId: string, number: number): string =>
  `import-${createHash('sha256').update(`${importId}\n${number}`).digest('base64url')}`;
