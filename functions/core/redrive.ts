import type { ResourceClass } from '../contract.ts';
import { type DeadLetterPorts, readLetter, type Unseen, walkDeadLetters } from './dead-letter.ts';
import type { TenantId } from './ids.ts';
import type { TaskQueue } from './ports.ts';
import type { TaskSeed } from './task.ts';

export type Redriven = Unseen & {
  /** Messages that are dead letters no more, and the tasks in them, which are on their lane again. */
  readonly messages: number;
  readonly tasks: number;
  /** Messages of the lane that no executor could read. */
  readonly unreadable: number;
  /** Messages that their lane did not take, or not with all tasks. */
  readonly refused: number;
  /** Messages that hold a task of another tenant. */
  readonly ofOthers: number;
};

/**
 * Sends the tasks of a lane's dead letters to their lane again, and removes the letters after that: a crash in between
 * sends twice, and a task that is sent twice is claimed once. A task in two letters is sent with the first of them. What
 * cannot be read, what is of another lane, and where it is for one tenant alone what is of another, stays.
 */
export async function redrive(
  resourceClass: ResourceClass,
  laneName: string,
  tenantId: TenantId | 'all',
  deadline: number,
  ports: DeadLetterPorts & { readonly queue: TaskQueue },
): Promise<Redriven> {
  const counts = { messages: 0, unreadable: 0, refused: 0, ofOthers: 0 };
  const isOurs = (task: TaskSeed): boolean => tenantId === 'all' || task.tenantId === tenantId;
  const [sentAgain, done] = [new Set<string>(), new Set<string>()];
  const unseen = await walkDeadLetters(resourceClass, deadline, ports, async (letters) => {
    const ofLane = letters
      .map((letter) => ({ letter, ...readLetter(letter) }))
      .filter((one) => one.laneName === laneName);
    const ours = ofLane.filter(({ tasks }) => tasks.every(isOurs));
    counts.ofOthers += ofLane.length - ours.length;
    const readable = ours.filter(({ tasks }) => tasks.length > 0);
    const waiting = new Map(readable.flatMap(({ tasks }) => tasks.map((task) => [keyOf(task), task])));
    for (const key of sentAgain) waiting.delete(key);
    const outgoing = [...waiting.values()].map((task) => ({ task, delaySeconds: 0 }));
    const refused = outgoing.length === 0 ? new Set() : await ports.queue.sendAll(outgoing);
    for (const [key, { id }] of waiting) if (!refused.has(id)) sentAgain.add(key);
    const sent = readable.filter(({ tasks }) => tasks.every((task) => sentAgain.has(keyOf(task))));
    counts.messages += sent.length;
    for (const task of sent.flatMap(({ tasks }) => tasks)) done.add(keyOf(task));
    counts.unreadable += ours.length - readable.length;
    counts.refused += readable.length - sent.length;
    return { remove: sent.map(({ letter }) => letter), isEnough: false };
  });
  const { isMoreLeft, isAnotherUnderWay = false } = unseen;
  ports.log('info', 'redriven', {
    queue: laneName,
    ...counts,
    tasks: done.size,
    more_left: isMoreLeft,
    another: isAnotherUnderWay,
  });
  return { ...counts, tasks: done.size, ...unseen };
}

const keyOf = ({ tenantId, id }: TaskSeed): string => `${tenantId}#${id}`;
