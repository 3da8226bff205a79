import type { Client } from '../client/client.ts';
import { MillraceError } from '../client/millrace-error.ts';
import type { Task } from '../client/tasks.ts';
import { type Named, optionsOf } from './deployment/find-deployment.ts';
import { interruption } from './interruption.ts';
import { printableJson } from './printable.ts';
import { note, printJson } from './terminal/print.ts';

type Waiting = Named & { readonly timeout?: number | undefined; readonly json?: true | undefined };

/** Waits for the end of a task, and prints what came of it: its output, or with `json` the whole task. Throws where it has not succeeded. */
export async function showOutcome(client: Client, id: string, { timeout, json, ...named }: Waiting): Promise<void> {
  const goesOn = `The task ${id} goes on: \`millrace wait ${id}${optionsOf(named)}\` waits for it again.`;
  const signal = interruption(goesOn);
  try {
    const task = await client.result(id, { timeoutSeconds: timeout, signal });
    if (json === true) printJson(task);
    else console.log(printableJson(task.output ?? null, 2));
  } catch (error) {
    if (!(error instanceof MillraceError) || error.task === undefined) throw error;
    if (json === true) printJson(error.task);
    if (error.code === 'not_finished') note(goesOn);
    // It has succeeded all the same.
    if ((error.task as Task).status !== 'succeeded') throw error;
    note(error.message);
  }
}
