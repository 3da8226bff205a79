import * as z from 'zod';
import { type FoundLetter, findDeadLetter } from '../../core/lane/find-dead-letter.ts';
import type { TaskSeed } from '../../core/task/task.ts';
import { Problem } from '../http/problem.ts';
import type { Caller, Parameter, Request, RouterPorts } from '../route.ts';
import { availableDeadLetters, laneParameter, parseLane } from '../routes/dead-letters.ts';

export const letterParameters: readonly Parameter[] = [
  laneParameter,
  {
    in: 'path',
    name: 'id',
    required: true,
    description: 'The `messageId` of the dead letter, as the list has it',
    schema: () => z.string(),
  },
];

/** A request lasts 29 s at most, and what was taken has still to be given back. */
const SEARCH_MILLISECONDS = 15_000;

/** A dead letter that a caller may see: the tasks in it that are his to see, and how many others there are. */
export type OpenLetter = FoundLetter & { readonly tasks: readonly TaskSeed[]; readonly ofOthers: number };

/**
 * Does something with the dead letter that the path names. Throws the problem of one that is not there, or holds nothing of the
 * caller's: what cannot be read may be anybody's, and is for the scope `platform`.
 */
export async function withLetter<Made>(
  request: Request,
  { tenantId, scopes }: Caller,
  ports: RouterPorts,
  act: (letter: OpenLetter) => Promise<{ readonly made: Made; readonly remove: boolean }>,
): Promise<Made> {
  const lane = parseLane(request, ports);
  const messageId = request.parameters.id ?? '';
  const isPlatform = scopes.includes('platform');
  const deadLetters = availableDeadLetters(ports.deadLetters);
  const search = await findDeadLetter(
    { ...lane, messageId },
    ports.clock() + SEARCH_MILLISECONDS,
    { ...ports, deadLetters },
    async (found) => {
      const all = found.read.tasks;
      const tasks = isPlatform ? all : all.filter((task) => task.tenantId === tenantId);
      if (!isPlatform && tasks.length === 0) throw noSuchLetter();
      return act({ ...found, tasks, ofOthers: all.length - tasks.length });
    },
  );
  if (search.result === 'found') return search.made;
  if (search.result === 'missing') throw noSuchLetter();
  const why = search.isAnotherUnderWay
    ? 'another call has dead letters of this class in hand'
    : 'there are more dead letters of this class than can be looked through at once';
  throw new Problem('unavailable', `${why}, and it may be among them: try again`, { headers: { 'retry-after': '5' } });
}

/** It says the same of a letter that is not there and of one that is not the caller's. */
const noSuchLetter = (): Problem =>
  new Problem('not_found', 'there is no such dead letter in this lane, or nothing in it is of this tenant');

/** Throws the problem of a letter that a tenant shares with others: what is done to a message is done to all of it. */
export function refuseShared({ ofOthers }: OpenLetter): void {
  if (ofOthers === 0) return;
  throw new Problem(
    'invalid_status',
    'the message holds tasks of other tenants as well: this takes a key with the scope platform',
  );
}
