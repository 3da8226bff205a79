import type { ResourceClass } from '../../contract.ts';
import { type DeadLetter, type DeadLetterPorts, type ReadLetter, readLetter, walkDeadLetters } from './dead-letters.ts';

export type FoundLetter = { readonly letter: DeadLetter; readonly read: ReadLetter };

/** What came of a search: `unseen` where not all letters could be looked at, so that it may be among the others. */
export type LetterSearch<Made> =
  | { readonly result: 'found'; readonly made: Made }
  | { readonly result: 'missing' }
  | { readonly result: 'unseen'; readonly isAnotherUnderWay: boolean };

/**
 * Finds one dead letter of a lane, and does something with it while nobody else is given it; `remove` says whether it goes with that.
 * SQS gives no message by its id, so the letters of the class are looked through until it comes, or until `deadline` (milliseconds
 * since the epoch); the others are given back.
 */
export async function findDeadLetter<Made>(
  { resourceClass, laneName, messageId }: { resourceClass: ResourceClass; laneName: string; messageId: string },
  deadline: number,
  ports: DeadLetterPorts,
  act: (found: FoundLetter) => Promise<{ readonly made: Made; readonly remove: boolean }>,
): Promise<LetterSearch<Made>> {
  let acted: { readonly made: Made } | undefined;
  let isElsewhere = false;
  const unseen = await walkDeadLetters(resourceClass, deadline, ports, async (letters) => {
    const letter = letters.find((one) => one.messageId === messageId);
    const read = letter && readLetter(letter);
    isElsewhere = read !== undefined && read.laneName !== laneName;
    if (letter === undefined || read === undefined || isElsewhere) return { remove: [], isEnough: isElsewhere };
    const { made, remove } = await act({ letter, read });
    acted = { made };
    return { remove: remove ? [letter] : [], isEnough: true };
  });
  if (acted !== undefined) return { result: 'found', made: acted.made };
  if (isElsewhere || !unseen.hasMore) return { result: 'missing' };
  return { result: 'unseen', isAnotherUnderWay: unseen.isAnotherUnderWay ?? false };
}
