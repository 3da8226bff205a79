import type { ResourceClass } from '../contract.ts';
import { type DeadLetterPorts, readLetter, walkDeadLetters } from './dead-letter.ts';
import type { TaskQueue } from './ports.ts';

export type Redriven = {
  /** Messages that are dead letters no more, and the tasks in them, which are on their lane again. */
  readonly messages: number;
  readonly tasks: number;
  /** Messages of the lane that no executor could read. */
  readonly unreadable: number;
  /** Messages that their lane did not take, or not with all tasks. */
  readonly refused: number;
  /** Whether the time was up before all dead letters were seen. */
  readonly isMoreLeft: boolean;
};

/**
 * Sends the tasks of a lane's dead letters to their lane again, and removes the letters after that: a crash in between
 * sends twice, and a task that is sent twice is claimed once. What cannot be read, and what is of another lane, stays.
 */
export async function redrive(
  resourceClass: ResourceClass,
  laneName: string,
  deadline: number,
  ports: DeadLetterPorts & { readonly queue: TaskQueue },
): Promise<Redriven> {
  const counts = { messages: 0, tasks: 0, unreadable: 0, refused: 0 };
  const isAllSeen = await walkDeadLetters(resourceClass, deadline, ports, async (letters) => {
    const ours = letters
      .map((letter) => ({ letter, ...readLetter(letter) }))
      .filter((one) => one.laneName === laneName);
    const readable = ours.filter(({ tasks }) => tasks.length > 0);
    const outgoing = readable.flatMap(({ tasks }) => tasks.map((task) => ({ task, delaySeconds: 0 })));
    const refused = outgoing.length === 0 ? new Set() : await ports.queue.sendAll(outgoing);
    const sent = readable.filter(({ tasks }) => tasks.every(({ id }) => !refused.has(id)));
    counts.messages += sent.length;
    counts.tasks += sent.reduce((sum, { tasks }) => sum + tasks.length, 0);
    counts.unreadable += ours.length - readable.length;
    counts.refused += readable.length - sent.length;
    return { remove: sent.map(({ letter }) => letter), isEnough: false };
  });
  ports.log('info', 'redriven', { queue: laneName, ...counts, all_seen: isAllSeen });
  return { ...counts, isMoreLeft: !isAllSeen };
}
