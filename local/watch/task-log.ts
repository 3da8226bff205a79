import * as z from 'zod';
import { logLine } from '../../cli/log-line.ts';
import type { FunctionLog } from '../ministack.ts';

const EXECUTOR = /-executor-/;
/** What an executor says of itself has no task, and what it says of an attempt that went well its status. */
const routineSchema = z.union([
  z.object({ level: z.literal('info'), task_id: z.undefined().optional() }),
  z.object({ level: z.literal('info'), event: z.literal('attempt ended'), task_status: z.string() }),
]);

/** Writes what a task has logged, or what went wrong with it, in a line for a person; `undefined` for all else. */
export function taskLogLine({ function: name, line }: FunctionLog): string | undefined {
  if (!EXECUTOR.test(name) || routineSchema.safeParse(parsed(line)).success) return undefined;
  return logLine(line);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
