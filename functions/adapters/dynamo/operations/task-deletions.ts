import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import {
  type BegunDeletion,
  isTombstone,
  type Remains,
  type TaskDeletions,
  type Tombstone,
  takenUp,
  tombstoneOf,
  withoutRemains,
} from '../../../core/deletion/tombstone.ts';
import { type TaskId, type TenantId, tableShardOf } from '../../../core/task/ids.ts';
import { isFinished } from '../../../core/task/task.ts';
import { isBinding } from '../../../core/tenant/key-binding.ts';
import { holderOfRow, rowOfTombstone } from '../key-holders.ts';
import { all, type Condition, equals } from '../requests/condition.ts';
import { conditionalPut } from '../requests/conditional-put.ts';
import { n, s } from '../requests/row.ts';
import { isExpired, rowKey, type TaskTables, tableOf } from '../task-row.ts';

type Begun = Tombstone & { readonly remains: Remains };

/** Deletions in the task tables: a read and a write begin one, and a write ends it. */
export class DynamoTaskDeletions implements TaskDeletions {
  readonly #client: DynamoDBClient;
  readonly #tables: Pick<TaskTables, 'tableNames'>;

  constructor(client: DynamoDBClient, tables: Pick<TaskTables, 'tableNames'>) {
    this.#client = client;
    this.#tables = tables;
  }

  async begin(tenantId: TenantId, taskId: TaskId, now: number): Promise<BegunDeletion> {
    const TableName = this.#tables.tableNames[tableShardOf(taskId)];
    if (TableName === undefined) return { result: 'missing' };
    const Key = rowKey(tenantId, taskId);
    const { Item: row } = await this.#client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    if (row === undefined) return { result: 'missing' };
    const found = holderOfRow(row);
    if (isTombstone(found)) {
      const { remains } = found;
      if (remains === undefined) return { result: 'missing' };
      return this.#put(takenUp({ ...found, remains }, now), isOf(found), now);
    }
    if (isBinding(found) || isExpired(row, now)) return { result: 'missing' };
    if (!isFinished(found)) return { result: 'refused', task: found };
    const isAsRead = all(equals('status', s(found.status)), equals('finishedAt', n(found.finishedAt)));
    return this.#put(tombstoneOf(found, now), isAsRead, now);
  }

  async #put(tombstone: Begun, condition: Condition, now: number): Promise<BegunDeletion> {
    if (await this.#write(tombstone, condition)) return { result: 'begun', tombstone };
    // It has become something else in between: what it is now decides.
    return this.begin(tombstone.tenantId, tombstone.id, now);
  }

  async finish(tombstone: Tombstone, now: number): Promise<void> {
    await this.#write(withoutRemains(tombstone, now), isOf(tombstone));
  }

  #write(tombstone: Tombstone, condition: Condition): Promise<boolean> {
    const tableName = tableOf(this.#tables, tombstone.id);
    return conditionalPut(this.#client, { tableName, row: rowOfTombstone(tombstone), condition });
  }
}

const isOf = ({ deletedAt }: Tombstone): Condition => equals('deletedAt', n(deletedAt));
