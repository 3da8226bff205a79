import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SWEEP_PERIOD_SECONDS } from '../../contract.ts';
import type { CancelResult } from '../../core/ports.ts';
import { type TaskId, type TenantId, tableShardOf } from '../../core/task/ids.ts';
import { type CancelledTask, isFinished, type RunningTask } from '../../core/task/task.ts';
import { isTaskRow } from './key-holders.ts';
import { endInTable } from './operations/end-task.ts';
import { equals } from './requests/condition.ts';
import { type ConditionalUpdate, conditionalUpdate, ifMissing } from './requests/conditional-update.ts';
import { n, s } from './requests/row.ts';
import { ERROR_ATTRIBUTES } from './settlement-attributes.ts';
import { unclaimed, waiting } from './task-conditions.ts';
import { dueAttributes, isExpired, rowKey, type TaskTableOptions, taskOfRow } from './task-row.ts';

const WAITS_FOR_EXECUTOR = ['notBefore', ...ERROR_ATTRIBUTES, 'dueShard', 'dueAt'];

/** `TaskStore.cancel`: one write for a task that waits to run, a second for one that runs or waits for its subtasks. */
export async function cancelInTable(
  client: DynamoDBClient,
  options: TaskTableOptions,
  task: { readonly tenantId: TenantId; readonly id: TaskId },
  now: number,
): Promise<CancelResult> {
  const tableName = options.tableNames[tableShardOf(task.id)] ?? '';
  const end = (change: Omit<ConditionalUpdate, 'tableName' | 'key'>) =>
    endInTable(
      client,
      { tableName, key: rowKey(task.tenantId, task.id), ...change },
      { status: 'cancelled', finishedAt: now },
      options.retentionDays,
    );

  const ended = await end({ condition: unclaimed, remove: WAITS_FOR_EXECUTOR });
  if ('written' in ended) return { result: 'cancelled', task: taskOfRow(ended.written) as CancelledTask };
  const { refusedBy: row } = ended;
  if (row === undefined || !isTaskRow(row) || isExpired(row, now)) return { result: 'missing' };
  const found = taskOfRow(row);
  if (isFinished(found)) return { result: 'finished', task: found };
  if (found.status === 'waiting') {
    const left = await end({
      condition: waiting(found.attempt),
      set: dueAttributes(task.id, now + SWEEP_PERIOD_SECONDS * 1000, options.indexShards),
    });
    if ('written' in left) return { result: 'cancelled', task: taskOfRow(left.written) as CancelledTask };
  } else {
    const flagged = await conditionalUpdate(client, {
      tableName,
      key: rowKey(task.tenantId, task.id),
      condition: equals('status', s('running')),
      set: { cancelRequestedAt: ifMissing(n(now)) },
    });
    if ('written' in flagged) return { result: 'requested', task: taskOfRow(flagged.written) as RunningTask };
  }
  // The task has become something else in between: what it is now decides.
  return cancelInTable(client, options, task, now);
}
