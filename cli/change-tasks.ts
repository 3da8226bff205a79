import { MillraceError } from '../client/millrace-error.ts';
import type { Task } from '../client/tasks.ts';
import { CommandError, exitCodeOf, sentenceOf } from './exit-code.ts';
import { note, printJson } from './terminal/print.ts';

/**
 * Does something to each of some tasks, and says how each is then, or that it is gone. One that it cannot be done to keeps it from no
 * other; throws at the end.
 */
export async function changeTasks(
  ids: readonly string[],
  change: (id: string) => Promise<Task | { readonly id: string }>,
  { json }: { readonly json?: true | undefined },
): Promise<void> {
  const failures: MillraceError[] = [];
  for (const id of ids) {
    try {
      const task = await change(id);
      if (json === true) printJson(task);
      else if (!('status' in task)) console.log(`${id} deleted`);
      else {
        const isEnding = task.status === 'running' && task.cancelRequestedAt !== undefined;
        console.log(`${id} ${isEnding ? 'is to end' : task.status}`);
      }
    } catch (error) {
      if (!(error instanceof MillraceError) || ids.length === 1) throw error;
      note(`${id}: ${sentenceOf(error)}`);
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  throw new CommandError(`${failures.length} of ${ids.length} tasks stayed as they were.`, exitCodeOf(first));
}
