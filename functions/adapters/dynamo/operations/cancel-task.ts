import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CancelResult } from '../../../core/ports.ts';
import { type TaskId, type TenantId, tableShardOf } from '../../../core/task/ids.ts';
import { nextSweep } from '../../../core/task/send-or-defer.ts';
import { type CancelledTask, isFinished, type ParentRef, type RunningTask } from '../../../core/task/task.ts';
import { isTaskRow } from '../key-holders.ts';
import { all, type Condition, equals } from '../requests/condition.ts';
import { type ConditionalUpdate, conditionalUpdate, ifMissing } from '../requests/conditional-update.ts';
import { n, s } from '../requests/row.ts';
import { ERROR_ATTRIBUTES } from '../settlement-attributes.ts';
import { unclaimed, waiting } from '../task-conditions.ts';
import { dueAttributes, isExpired, parentText, rowKey, type TaskTableOptions, taskOfRow } from '../task-row.ts';
import { endInTable } from './end-task.ts';

const WAITS_FOR_EXECUTOR = ['notBefore', ...ERROR_ATTRIBUTES, 'dueShard', 'dueAt'];

/** `TaskStore.cancel`: one write for a task that waits to run, a second for one that runs or waits for its subtasks. */
export async function cancelInTable(
  client: DynamoDBClient,
  options: TaskTableOptions,
  task: { readonly tenantId: TenantId; readonly id: TaskId; readonly of?: ParentRef | undefined },
  now: number,
): Promise<CancelResult> {
  const tableName = options.tableNames[tableShardOf(task.id)] ?? '';
  const ours = task.of === undefined ? [] : [equals('parent', s(parentText(task.of)))];
  const place = { tableName, key: rowKey(task.tenantId, task.id) };
  const end = (condition: Condition, change: Pick<ConditionalUpdate, 'set' | 'remove'>) =>
    endInTable(
      client,
      { ...place, condition: all(condition, ...ours), ...change },
      { status: 'cancelled', finishedAt: now },
      options.retentionDays,
    );

  const ended = await end(unclaimed, { remove: WAITS_FOR_EXECUTOR });
  if ('written' in ended) return { result: 'cancelled', task: taskOfRow(ended.written) as CancelledTask };
  const { refusedBy: row } = ended;
  if (row === undefined || !isTaskRow(row) || isExpired(row, now)) return { result: 'missing' };
  const found = taskOfRow(row);
  if (isFinished(found)) return { result: 'finished', task: found };
  if (task.of !== undefined && task.of.attempt !== found.parent?.attempt) {
    // What an earlier fan-out has made is ended with its parent as well, until that has taken it over.
    const isTakenOver = found.parent === undefined || found.parent.attempt > task.of.attempt;
    return isTakenOver ? { result: 'missing' } : cancelInTable(client, options, { ...task, of: found.parent }, now);
  }
  if (found.status === 'waiting') {
    const set = dueAttributes(task.id, nextSweep(now), options.indexShards);
    const left = await end(waiting(found.attempt), { set });
    if ('written' in left) return { result: 'cancelled', task: taskOfRow(left.written) as CancelledTask };
  } else {
    const flagged = await conditionalUpdate(client, {
      ...place,
      condition: all(equals('status', s('running')), ...ours),
      set: { cancelRequestedAt: ifMissing(n(now)) },
    });
    if ('written' in flagged) return { result: 'requested', task: taskOfRow(flagged.written) as RunningTask };
  }
  // The task has become something else in between: what it is now decides.
  return cancelInTable(client, options, task, now);
}
