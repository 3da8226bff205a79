import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { RetryResult } from '../../../core/ports.ts';
import type { FinishedTask, QueuedTask, Task } from '../../../core/task/task.ts';
import { type AmendTerms, attemptsAgain, isRetryable, type RetryTerms } from '../../../core/task/transition.ts';
import { fanOutAttributes } from '../fan-out-attribute.ts';
import { all, type Condition, equals, missing } from '../requests/condition.ts';
import { conditionalUpdate } from '../requests/conditional-update.ts';
import { n, type Row, s } from '../requests/row.ts';
import { ERROR_ATTRIBUTES } from '../settlement-attributes.ts';
import {
  dueAttributes,
  parentText,
  payloadAttributes,
  rowKey,
  statusGroupOf,
  type TaskTableOptions,
  tableOf,
  taskOfRow,
} from '../task-row.ts';

const ENDS = [
  'runAt',
  'startedAt',
  'finishedAt',
  'expiresAt',
  'shownUntil',
  'output',
  'outputRef',
  ...ERROR_ATTRIBUTES,
];

/** `TaskStore.retry`: a read before the write, and both again where the task has become something else in between. */
export async function retryInTable(
  client: DynamoDBClient,
  options: TaskTableOptions,
  read: () => Promise<Task | undefined>,
  dueAt: number,
  terms: RetryTerms,
): Promise<RetryResult> {
  const found = await read();
  if (found === undefined) return { result: 'missing' };
  if (!isRetryable(found, terms)) return { result: 'refused', task: found };
  const { maxAttempts, attemptsBeforeRetry } = attemptsAgain(found);
  const update = await conditionalUpdate(client, {
    ...placeOf(found, options),
    condition: stillEnded(found),
    set: {
      status: s('queued'),
      statusGroup: s(statusGroupOf('queued')),
      maxAttempts: n(maxAttempts),
      attemptsBeforeRetry: n(attemptsBeforeRetry),
      ...changedAttributes(terms),
      ...dueAttributes(found.id, dueAt, options.indexShards),
    },
    remove: [...ENDS, ...replacedAttributes(terms)],
  });
  if ('written' in update) return { result: 'queued', task: taskOfRow(update.written) as QueuedTask };
  return retryInTable(client, options, read, dueAt, terms);
}

/** `TaskStore.amend`: of two who have read the same, the second finds another input or fan-out than it has read. */
export async function amendInTable(
  client: DynamoDBClient,
  options: TaskTableOptions,
  task: FinishedTask,
  terms: AmendTerms,
): Promise<'amended' | 'lost'> {
  const update = await conditionalUpdate(client, {
    ...placeOf(task, options),
    condition: all(stillEnded(task), ...areEqual(payloadAttributes('input', task.input)), isFannedOutAs(task)),
    set: changedAttributes(terms),
    remove: replacedAttributes(terms),
    blind: true,
  });
  return 'written' in update ? 'amended' : 'lost';
}

const placeOf = ({ tenantId, id }: Task, options: TaskTableOptions) => ({
  tableName: tableOf(options, id),
  key: rowKey(tenantId, id),
});

const stillEnded = ({ status, finishedAt }: FinishedTask): Condition =>
  all(equals('status', s(status)), equals('finishedAt', n(finishedAt)));

const areEqual = (row: Row): Condition[] => Object.entries(row).map(([name, value]) => equals(name, value));

const isFannedOutAs = ({ fanOut }: FinishedTask): Condition =>
  fanOut === undefined ? missing('fanOut') : all(...areEqual(fanOutAttributes(fanOut)));

const changedAttributes = ({ input, inputVersion, fanOut, parent }: RetryTerms): Row => ({
  ...(input && payloadAttributes('input', input)),
  ...(inputVersion !== undefined && { schema: s(inputVersion) }),
  ...(fanOut && fanOutAttributes(fanOut)),
  ...(parent && { parent: s(parentText(parent)) }),
});

/** An input is in either of two attributes; without a fan-out in the terms, the next one is of other subtasks. */
const replacedAttributes = ({ input, inputVersion, fanOut }: RetryTerms): string[] => [
  ...(input === undefined ? [] : ['ref' in input ? 'input' : 'inputRef']),
  ...(input === undefined || inputVersion !== undefined ? [] : ['schema']),
  ...(fanOut === undefined ? ['fanOut'] : []),
];
