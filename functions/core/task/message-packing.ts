import { MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES, MAX_REQUEST_MESSAGES } from '../../contract.ts';
import { classOf, type DeployedClass, type DeployedClasses } from '../../resource-classes.ts';
import type { TaskCatalog } from '../define-task.ts';
import { findBatchDefinition } from '../definition/find-definition.ts';
import { encodeMessage, encodeTask } from './message.ts';
import type { TaskSeed } from './task.ts';

export type Outgoing = {
  readonly task: TaskSeed;
  /** Whole seconds until its message may be delivered, 0 to 900. */
  readonly delaySeconds: number;
  /** No other task may share its message. */
  readonly isAlone?: boolean;
};

export type OutgoingMessage = { readonly body: string; readonly tasks: readonly TaskSeed[] };

/** The messages of one request to SQS are of one lane, one tenant and one delay. */
export type OutgoingRequest = {
  readonly executorKey: string;
  readonly tenantId: string;
  readonly delaySeconds: number;
  readonly messages: readonly OutgoingMessage[];
};

const FRAME_BYTES = encodeMessage([]).length;

/** So many messages bring a hundred tasks in two requests, and ten executors can share them. */
const SHARED_MESSAGES = 2 * MAX_REQUEST_MESSAGES;

/** Rounds of work in one invocation, which takes as many messages as it runs tasks at a time. */
const FEW_ROUNDS = 2;
const MOST_ROUNDS = 5;

/**
 * Returns how many tasks share a message, where `count` are sent together. With more of them the tasks of others would wait
 * behind, and those at its end would begin too late to end within the invocation.
 */
export const tasksPerMessage = ({ concurrencyPerInvocation }: DeployedClass, count: number): number =>
  Math.max(Math.min(FEW_ROUNDS, concurrencyPerInvocation), Math.min(MOST_ROUNDS, Math.ceil(count / SHARED_MESSAGES)));

/** The most tasks that one call of a type takes, for each type that runs in batches. */
type BatchSizes = ReadonlyMap<string, number>;

/** Returns the batch sizes of those types among the outgoing tasks that run in batches. */
export async function batchSizesOf(outgoing: readonly Outgoing[], catalog: TaskCatalog): Promise<BatchSizes> {
  const types = [...new Set(outgoing.map(({ task }) => task.type))];
  const definitions = await Promise.all(types.map((type) => findBatchDefinition(catalog, type)));
  return new Map(definitions.flatMap((found) => (found === undefined ? [] : [[found.type, found.batch.maxSize]])));
}

/** Lays tasks into messages and messages into requests. A message of a type that runs in batches has one batch. */
export function packed(
  outgoing: readonly Outgoing[],
  batchSizes: BatchSizes,
  classes: DeployedClasses,
): OutgoingRequest[] {
  const groups = Map.groupBy(outgoing, ({ task, delaySeconds, isAlone = false }) =>
    [task.executorKey, task.tenantId, delaySeconds, isAlone, batchSizes.has(task.type) ? task.type : ''].join('\n'),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { task, delaySeconds, isAlone = false } = first;
    const { executorKey, tenantId } = task;
    const most = batchSizes.get(task.type) ?? tasksPerMessage(classOf(classes, task.resourceClass), group.length);
    const messages = messagesOf(group, isAlone ? 1 : most);
    return requestsOf(messages).map((part) => ({ executorKey, tenantId, delaySeconds, messages: part }));
  });
}

function messagesOf(group: readonly Outgoing[], perMessage: number): OutgoingMessage[] {
  const messages: { encoded: string[]; tasks: TaskSeed[]; bytes: number }[] = [];
  for (const { task } of group) {
    const encoded = encodeTask(task);
    const bytes = Buffer.byteLength(encoded) + 1;
    const last = messages.at(-1);
    if (last !== undefined && last.tasks.length < perMessage && last.bytes + bytes <= MAX_MESSAGE_BYTES) {
      last.encoded.push(encoded);
      last.tasks.push(task);
      last.bytes += bytes;
    } else {
      messages.push({ encoded: [encoded], tasks: [task], bytes: FRAME_BYTES + bytes });
    }
  }
  return messages.map(({ encoded, tasks }) => ({ body: encodeMessage(encoded), tasks }));
}

function requestsOf(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const requests: { messages: OutgoingMessage[]; bytes: number }[] = [];
  for (const message of messages) {
    const bytes = Buffer.byteLength(message.body);
    const last = requests.at(-1);
    if (last && last.messages.length < MAX_REQUEST_MESSAGES && last.bytes + bytes <= MAX_REQUEST_BYTES) {
      last.messages.push(message);
      last.bytes += bytes;
    } else {
      requests.push({ messages: [message], bytes });
    }
  }
  return requests.map((request) => request.messages);
}
