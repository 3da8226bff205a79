import { compact } from '../../core/compact.ts';
import type { RunningTask } from '../../core/task/task.ts';
import { attemptGivenBack, attemptsAgain, rowDaysOf, type Settlement } from '../../core/task/transition.ts';
import { fanOutAttributes } from './fan-out-attribute.ts';
import { n, type Row, s } from './requests/row.ts';
import { dueAttributes, errorAttributes, payloadAttributes, statusGroupOf, type TaskTableOptions } from './task-row.ts';

/** Returns what a settlement sets in the row of its task. */
export function settlementAttributes(settlement: Settlement, task: RunningTask, options: TaskTableOptions): Row {
  const status = { status: s(settlement.status) };
  switch (settlement.status) {
    case 'queued':
      return {
        ...status,
        ...errorAttributes(settlement.error, false),
        notBefore: n(settlement.notBefore),
        ...(settlement.attemptIsGivenBack && attemptsAttributes(attemptGivenBack(task))),
        ...(settlement.dueAt !== undefined && dueAttributes(task.id, settlement.dueAt, options.indexShards)),
      };
    case 'waiting':
      return {
        ...status,
        statusGroup: s(statusGroupOf(settlement.status)),
        ...fanOutAttributes(settlement.fanOut),
        ...attemptsAttributes(attemptsAgain(task)),
        ...dueAttributes(task.id, settlement.reconcileAt, options.indexShards),
      };
    default:
      return endAttributes(settlement, task.retentionDays ?? options.retentionDays);
  }
}

/** A settlement that ends its task. */
export type EndSettlement = Extract<Settlement, { finishedAt: number }>;

export const ERROR_ATTRIBUTES = ['errorCode', 'lastErrorCode', 'errorMessage', 'errorRetryable'];

const LEASE_ATTRIBUTES = ['leaseToken', 'leaseExpiresAt', 'cancelRequestedAt', 'progress', 'progressNote'];

/** Returns what a settlement removes from the row of its task. */
export function settlementRemovals({ status }: Settlement): string[] {
  if (status === 'queued') return [...LEASE_ATTRIBUTES, 'startedAt'];
  return status === 'waiting' ? LEASE_ATTRIBUTES : [...LEASE_ATTRIBUTES, 'dueShard', 'dueAt'];
}

const attemptsAttributes = ({ maxAttempts, attemptsBeforeRetry }: ReturnType<typeof attemptsAgain>): Row => ({
  maxAttempts: n(maxAttempts),
  attemptsBeforeRetry: n(attemptsBeforeRetry),
});

/** Returns when TTL deletes a row, and until when it is shown where it has to stay for longer than that. */
function retentionAttributes(finishedAtSeconds: number, retentionDays: number): Row {
  const rowDays = rowDaysOf(retentionDays);
  return compact({
    expiresAt: n(finishedAtSeconds + rowDays * 86_400),
    shownUntil: rowDays === retentionDays ? undefined : n(finishedAtSeconds + retentionDays * 86_400),
  });
}

/** Returns what the end of a task that is shown for so many days sets in its row. */
export const endAttributes = (settlement: EndSettlement, retentionDays: number): Row => ({
  status: s(settlement.status),
  statusGroup: s(statusGroupOf(settlement.status)),
  finishedAt: n(settlement.finishedAt),
  ...retentionAttributes(Math.ceil(settlement.finishedAt / 1000), retentionDays),
  ...(settlement.status === 'succeeded' ? payloadAttributes('output', settlement.output) : {}),
  ...(settlement.status === 'failed' ? errorAttributes(settlement.error, true) : {}),
});
