import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  type BulkAction,
  type BulkActionStore,
  type BulkProgress,
  type KeptBulkAction,
  NO_PROGRESS,
} from '../../../core/bulk-action/bulk-action.ts';
import type { TaskId, TenantId } from '../../../core/task/ids.ts';
import { equals, missing } from '../requests/condition.ts';
import { conditionalUpdate, conditionInput } from '../requests/conditional-update.ts';
import { n, type Row, s, seconds } from '../requests/row.ts';

/** No tenant's id begins so: executors, who keep attempts under the ids of tenants, may write none of these rows. */
const pkOf = (tenantId: TenantId): string => `#bulk#${tenantId}`;
const keyOf = (tenantId: TenantId, id: TaskId): Row => ({ pk: s(pkOf(tenantId)), sk: s(id) });

/** Bulk actions in the history table, a row for each: what was asked for never changes, how far it is does with each step. */
export class DynamoBulkActionStore implements BulkActionStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async create(action: BulkAction, keepUntil: number): Promise<KeptBulkAction | 'created'> {
    const { tenantId, id } = action;
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: {
            ...keyOf(tenantId, id),
            action: s(JSON.stringify(action)),
            ...progressAttributes(NO_PROGRESS),
            expiresAt: seconds(keepUntil),
          },
          ...conditionInput(missing('pk')),
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'created';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException) || error.Item === undefined) throw error;
      // A write whose answer was lost was sent again by the client, and has found itself.
      return error.Item.action?.S === JSON.stringify(action) ? 'created' : keptIn(error.Item);
    }
  }

  async get(tenantId: TenantId, id: TaskId): Promise<KeptBulkAction | undefined> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableName, Key: keyOf(tenantId, id), ConsistentRead: true }),
    );
    return row && keptIn(row);
  }

  /** Takes a read for each. */
  async getAll(tenantId: TenantId, ids: readonly TaskId[]): Promise<readonly KeptBulkAction[]> {
    const found = await Promise.all(ids.map((id) => this.get(tenantId, id)));
    return found.flatMap((one) => one ?? []);
  }

  async save({ tenantId, id }: BulkAction, progress: BulkProgress): Promise<'saved' | 'lost'> {
    const update = await conditionalUpdate(this.#client, {
      tableName: this.#tableName,
      key: keyOf(tenantId, id),
      condition: equals('revision', n(progress.revision - 1)),
      set: progressAttributes(progress),
      blind: true,
    });
    return 'written' in update ? 'saved' : 'lost';
  }
}

const progressAttributes = ({ revision, ...progress }: BulkProgress): Row => ({
  revision: n(revision),
  progress: s(JSON.stringify(progress)),
});

const keptIn = ({ action, progress, revision }: Row): KeptBulkAction => ({
  action: JSON.parse(action?.S ?? ''),
  progress: { ...JSON.parse(progress?.S ?? ''), revision: Number(revision?.N) },
});
