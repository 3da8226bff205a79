import type { Client } from '../../client/client.ts';
import type { MillraceError } from '../../client/millrace-error.ts';
import { pause } from '../../client/pause.ts';
import type { AnyDefinition, Submitted, TaskToSubmit } from '../../client/tasks.ts';
import { delayAfter } from '../../client/transport.ts';

type Tasks = readonly TaskToSubmit<AnyDefinition>[];

/** Is told how long tasks wait that were refused for there being too many. */
export type OnWait = (seconds: number, error: MillraceError) => void;

const TOO_MANY_REQUESTS = 429;
/** These tell of the request, of which a task has no fault. */
const OF_THE_CALL = [401, 403, 404, 405, 408];

/**
 * Submits tasks until each is accepted, or refused for what it is. Where there are too many, it waits as it is told, however long.
 * Throws what keeps all of them from being submitted.
 */
export async function submitLines(
  client: Client,
  tasks: Tasks,
  signal: AbortSignal,
  onWait: OnWait,
): Promise<Submitted[]> {
  const settled: Submitted[] = [];
  let places = [...tasks.keys()];
  for (let tries = 1; ; tries++) {
    const results = await submitOnce(
      client,
      places.flatMap((place) => tasks[place] ?? []),
      signal,
    );
    const waiting: { readonly place: number; readonly error: MillraceError }[] = [];
    for (const result of results) {
      const place = places[result.index] ?? 0;
      const error = result.status === 'rejected' ? result.error : undefined;
      if (error?.status === TOO_MANY_REQUESTS) waiting.push({ place, error });
      else if (error !== undefined && !isOfTask(error)) throw error;
      else settled[place] = { ...result, index: place };
    }
    const [first] = waiting;
    if (first === undefined) return settled;
    const delay = Math.max(...waiting.map(({ error }) => delayAfter(error, tries)));
    onWait(delay / 1000, first.error);
    await pause(delay, signal);
    places = waiting.map(({ place }) => place);
  }
}

/** Submits tasks; where a request was refused as a whole, those of one half and of the other, down to the one that it is refused for. */
async function submitOnce(client: Client, tasks: Tasks, signal: AbortSignal): Promise<Submitted[]> {
  const results = await client.submitAll<AnyDefinition>(tasks, { signal });
  const errors = new Set(results.map((result) => (result.status === 'rejected' ? result.error : undefined)));
  const [error] = errors;
  if (tasks.length < 2 || errors.size > 1 || error === undefined || !isOfTask(error)) return results;
  const half = Math.ceil(tasks.length / 2);
  const first = await submitOnce(client, tasks.slice(0, half), signal);
  const second = await submitOnce(client, tasks.slice(half), signal);
  return [...first, ...second.map((result) => ({ ...result, index: result.index + half }))];
}

const isOfTask = ({ status = 0 }: MillraceError): boolean =>
  status >= 400 && status < 500 && status !== TOO_MANY_REQUESTS && !OF_THE_CALL.includes(status);
