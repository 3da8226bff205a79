import { DeleteItemCommand, type DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { mapConcurrently } from '../../../core/concurrency.ts';
import type { HistoryEntry, TaskHistory } from '../../../core/deletion/task-history.ts';
import type { TaskId, TenantId } from '../../../core/task/ids.ts';
import { s } from '../requests/row.ts';
import { pkOf } from '../task-row.ts';

/** So many entries are removed at a time. */
const PARALLEL = 10;

/** What has happened to tasks, in the table of that: all entries of one task have its key. */
export class DynamoTaskHistory implements TaskHistory {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async entries(tenantId: TenantId, taskId: TaskId): Promise<readonly HistoryEntry[]> {
    const query = {
      TableName: this.#tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': s(pkOf(tenantId, taskId)) },
      ProjectionExpression: 'sk, inputRef',
      ConsistentRead: true,
    };
    const entries: HistoryEntry[] = [];
    for await (const { Items: rows = [] } of paginateQuery({ client: this.#client }, query)) {
      for (const { sk, inputRef } of rows) {
        entries.push({ key: sk?.S ?? '', ...(inputRef?.S !== undefined && { ref: inputRef.S }) });
      }
    }
    return entries;
  }

  async remove(tenantId: TenantId, taskId: TaskId, entries: readonly HistoryEntry[]): Promise<void> {
    await mapConcurrently(entries, PARALLEL, ({ key }) =>
      this.#client.send(
        new DeleteItemCommand({ TableName: this.#tableName, Key: { pk: s(pkOf(tenantId, taskId)), sk: s(key) } }),
      ),
    );
  }
}
