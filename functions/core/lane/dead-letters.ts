import { MAX_RECEIVE_COUNT, queueNameOf, type ResourceClass } from '../../contract.ts';
import type { Clock, Log, TaskQueue } from '../ports.ts';
import type { TenantId } from '../task/ids.ts';
import { decodeMessage } from '../task/message.ts';
import type { TaskSeed } from '../task/task.ts';

/** A message that was set aside: by an executor that could not read it, or by SQS after its last delivery. */
export type DeadLetter = {
  readonly messageId: string;
  readonly receipt: string;
  readonly body: string;
  /** Milliseconds since the epoch. SQS keeps the time at which a message was first sent; an executor sends it anew. */
  readonly sentAt: number;
  /** The queue that it came from, less what the deployment puts before it; missing where nobody has noted it. */
  readonly laneName: string | undefined;
  /** Why an executor set it aside; missing where SQS did. */
  readonly reason: string | undefined;
};

/** The dead letters of a class, of all its lanes in no order. They can be looked at only by taking them. */
export interface DeadLetters {
  /** Takes up to ten that nobody else is given for so many seconds; none where no more are there to be taken. */
  take(resourceClass: ResourceClass, seconds: number): Promise<readonly DeadLetter[]>;
  /** Returns about how many somebody has taken, which nobody else is given for now. */
  held(resourceClass: ResourceClass): Promise<number>;
  /** Lets others take them at once. */
  giveBack(resourceClass: ResourceClass, letters: readonly DeadLetter[]): Promise<void>;
  /** Deletes them. One that SQS does not delete comes up again. */
  remove(resourceClass: ResourceClass, letters: readonly DeadLetter[]): Promise<void>;
}

export type DeadLetterPorts = { readonly deadLetters: DeadLetters; readonly clock: Clock; readonly log: Log };

export type DeadLetterReason = 'malformed' | 'newer_version' | 'deliveries_exhausted';

/** A dead letter as it was read: the lane it belongs to, why it is dead, and its tasks, where it has any that can run. */
export type ReadLetter = {
  readonly laneName: string | undefined;
  readonly code: DeadLetterReason;
  readonly message: string;
  readonly tasks: readonly TaskSeed[];
};

/** Reads a dead letter. */
export function readLetter({ body, laneName, reason }: DeadLetter): ReadLetter {
  const decoded = decodeMessage(body);
  switch (decoded.result) {
    case 'malformed':
      return { laneName, code: 'malformed', message: reason ?? decoded.reason, tasks: [] };
    case 'newer':
      return { laneName, code: 'newer_version', message: 'it is of a later version of Millrace', tasks: [] };
    case 'tasks': {
      const { tasks } = decoded;
      const [first] = tasks;
      // Its lane is the one that its tasks would be sent to.
      const home = { laneName: first === undefined ? laneName : queueNameOf(first.executorKey), tasks };
      // It was set aside by a version that could not read it.
      if (reason !== undefined) return { ...home, code: 'malformed', message: reason };
      const message = `it was delivered ${MAX_RECEIVE_COUNT} times, and no executor brought it to an end`;
      return { ...home, code: 'deliveries_exhausted', message };
    }
  }
}

/** A walk takes letters for longer than it lasts. */
const TAKEN_SECONDS = 60;

/** What a walk has not seen: whether there is more, and whether that is since another has letters in hand. */
export type Unseen = { readonly hasMore: boolean; readonly isAnotherUnderWay?: true };

const ANOTHER_UNDER_WAY: Unseen = { hasMore: true, isAnotherUnderWay: true };

/**
 * Shows the dead letters of a class, some at a time, to a visitor that says which of them to remove and whether it has
 * seen enough. The others are given back at the end, for they would only come again before. Returns what was not seen
 * before `deadline` (milliseconds since the epoch): letters that another walk has taken stay hidden from this one, and if
 * that walk has died, for a minute.
 */
export async function walkDeadLetters(
  resourceClass: ResourceClass,
  deadline: number,
  { deadLetters, clock, log }: DeadLetterPorts,
  visit: (letters: readonly DeadLetter[]) => Promise<{ remove: readonly DeadLetter[]; isEnough: boolean }>,
): Promise<Unseen> {
  // SQS tells of what was taken and removed a moment late: its count after this walk would have this walk in it.
  const isHeld = (await deadLetters.held(resourceClass)) > 0;
  const taken = new Set<DeadLetter>();
  let isAnySeen = false;
  try {
    while (clock() < deadline) {
      const letters = await deadLetters.take(resourceClass, TAKEN_SECONDS);
      if (letters.length === 0) {
        const isAnother = isHeld || (!isAnySeen && (await deadLetters.held(resourceClass)) > 0);
        return isAnother ? ANOTHER_UNDER_WAY : { hasMore: false };
      }
      isAnySeen = true;
      for (const letter of letters) taken.add(letter);
      const { remove, isEnough } = await visit(letters);
      if (remove.length > 0) await deadLetters.remove(resourceClass, remove);
      for (const letter of remove) taken.delete(letter);
      if (isEnough) break;
    }
    return isHeld ? ANOTHER_UNDER_WAY : { hasMore: true };
  } finally {
    // Where this fails, they come up again when their time is up.
    await deadLetters.giveBack(resourceClass, [...taken]).catch((error) => {
      log('warn', 'dead letters not given back', { messages: taken.size, reason: String(error) });
    });
  }
}

export type Redriven = Unseen & {
  /** Messages that are dead letters no more; the tasks in them are on their lane again. */
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
  const sentAgain = new Set<string>();
  const done = new Set<string>();
  const unseen = await walkDeadLetters(resourceClass, deadline, ports, async (letters) => {
    const ofLane = letters
      .map((letter) => ({ letter, ...readLetter(letter) }))
      .filter((one) => one.laneName === laneName);
    const ours = ofLane.filter(({ tasks }) => tasks.every(isOurs));
    counts.ofOthers += ofLane.length - ours.length;
    const readable = ours.filter(({ tasks }) => tasks.length > 0);
    const waiting = new Map(readable.flatMap(({ tasks }) => tasks.map((task) => [taskKeyOf(task), task])));
    for (const key of sentAgain) waiting.delete(key);
    const outgoing = [...waiting.values()].map((task) => ({ task, delaySeconds: 0 }));
    const refused = outgoing.length === 0 ? new Set() : await ports.queue.sendAll(outgoing);
    for (const [key, { id }] of waiting) if (!refused.has(id)) sentAgain.add(key);
    const sent = readable.filter(({ tasks }) => tasks.every((task) => sentAgain.has(taskKeyOf(task))));
    counts.messages += sent.length;
    for (const task of sent.flatMap(({ tasks }) => tasks)) done.add(taskKeyOf(task));
    counts.unreadable += ours.length - readable.length;
    counts.refused += readable.length - sent.length;
    return { remove: sent.map(({ letter }) => letter), isEnough: false };
  });
  const { hasMore, isAnotherUnderWay = false } = unseen;
  ports.log('info', 'redriven', {
    queue: laneName,
    ...counts,
    tasks: done.size,
    has_more: hasMore,
    another: isAnotherUnderWay,
  });
  return { ...counts, tasks: done.size, ...unseen };
}

const taskKeyOf = ({ tenantId, id }: TaskSeed): string => `${tenantId}#${id}`;
