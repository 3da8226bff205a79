import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { TaskRevisions } from '../../../core/lane/revision.ts';
import type { TaskSeed } from '../../../core/task/task.ts';
import { all, any, atMost, equals } from '../requests/condition.ts';
import { conditionalUpdate } from '../requests/conditional-update.ts';
import { n, s } from '../requests/row.ts';
import { unclaimed } from '../task-conditions.ts';
import { rowKey, seedAttributes, type TaskTables, tableOf } from '../task-row.ts';

/** Attributes of a seed that a change may take away: an input stands in one of two. */
const OPTIONAL = [
  'input',
  'inputRef',
  'onEnd',
  'onEndRef',
  'assigneeType',
  'assigneeId',
  'workflowInstanceId',
  'trace',
];

/** Revisions in the task tables: one conditional write each. */
export class DynamoTaskRevisions implements TaskRevisions {
  readonly #client: DynamoDBClient;
  readonly #tables: TaskTables;

  constructor(client: DynamoDBClient, tables: TaskTables) {
    this.#client = client;
    this.#tables = tables;
  }

  async revise(task: TaskSeed, now: number): Promise<'revised' | 'lost'> {
    const set = seedAttributes(task, this.#tables.indexShards);
    const abandoned = all(equals('status', s('running')), atMost('leaseExpiresAt', n(now)));
    const update = await conditionalUpdate(this.#client, {
      tableName: tableOf(this.#tables, task.id),
      key: rowKey(task.tenantId, task.id),
      condition: all(equals('fingerprint', s(task.fingerprint)), any(unclaimed, abandoned)),
      set,
      remove: OPTIONAL.filter((name) => !(name in set)),
    });
    return 'written' in update || update.refusedBy === undefined ? 'revised' : 'lost';
  }
}
