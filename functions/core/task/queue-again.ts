import { BULK_ACTION_TYPE } from '../bulk-action/bulk-action.ts';
import { type PropagateEndPorts, propagateEnd } from '../fan-out/propagate-end.ts';
import type { PayloadStore, TaskStore } from '../ports.ts';
import { keptUntil } from './payload.ts';
import { nextSweep } from './send-or-defer.ts';
import type { QueuedTask, Task } from './task.ts';

export type QueueAgainPorts = PropagateEndPorts & {
  readonly store: Pick<TaskStore, 'cancel' | 'retry'>;
  readonly payloads: Pick<PayloadStore, 'keep'>;
  readonly retentionDays: number;
};

export type QueueAgainResult =
  | { readonly task: QueuedTask }
  | {
      readonly refusal: 'invalid_status' | 'subtask' | 'input_missing' | 'not_found';
      /** Says what is wrong, for people. */
      readonly reason: string;
    };

/**
 * Queues a task again that has failed or was cancelled. It is for its caller to send it: until then, and where the queue refuses, the
 * sweeper will.
 */
export async function queueAgain(found: Task, ports: QueueAgainPorts): Promise<QueueAgainResult> {
  const { store, payloads, clock, retentionDays } = ports;
  if (found.status !== 'failed' && found.status !== 'cancelled') return notRetryable(found);
  if (found.type === BULK_ACTION_TYPE) {
    return { refusal: 'invalid_status', reason: 'the task is of a bulk action, which has ended: make another' };
  }
  if (found.parent !== undefined) {
    return { refusal: 'subtask', reason: `the task is a subtask: retry its parent, ${found.parent.id}` };
  }
  // What still runs of it is to end: it belongs to the life before.
  await propagateEnd(found, ports);
  const now = clock();
  // The input would expire too early for another life of the task.
  const keepUntil = keptUntil(now, found.retentionDays ?? retentionDays);
  if ((await payloads.keep(found.input, keepUntil)) === 'missing') {
    return {
      refusal: 'input_missing',
      reason: 'the input of the task is not kept any more: submit it as a new task',
    };
  }
  if (found.onEnd !== undefined) await payloads.keep(found.onEnd, keepUntil);
  // The row comes before the message, unlike in a submit: a finished row would refuse the message.
  // What has succeeded of a fan-out is kept.
  const terms = found.fanOut === undefined ? {} : { fanOut: { ...found.fanOut, again: 'failed' as const } };
  const retry = await store.retry(found.tenantId, found.id, now, nextSweep(now), terms);
  if (retry.result === 'missing') return { refusal: 'not_found', reason: 'there is no such task' };
  return retry.result === 'refused' ? notRetryable(retry.task) : { task: retry.task };
}

const notRetryable = ({ status }: Task): QueueAgainResult => ({
  refusal: 'invalid_status',
  reason: `the task is ${status}: only a failed or cancelled one can be retried`,
});
