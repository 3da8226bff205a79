import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { Log } from '../../../core/ports.ts';
import type {
  DeployedSchedules,
  Schedule,
  ScheduleId,
  SchedulePage,
  ScheduleStore,
} from '../../../core/schedule/schedule.ts';
import type { TenantId } from '../../../core/task/ids.ts';
import { batchGet } from '../requests/batch-get.ts';
import { type Condition, equals, missing } from '../requests/condition.ts';
import { conditionInput } from '../requests/conditional-update.ts';
import { n, type Row, s } from '../requests/row.ts';
import { DUE_SHARD, rowOfSchedule, scheduleOfRow, schedulePk } from './schedule-row.ts';

/** The row that says what was last deployed. No tenant's id has a `#`. */
const DEPLOYED_KEY: Row = { pk: s('#deployed') };

/**
 * Schedules in one DynamoDB table, with the indexes `byTenant` and `due` of keys alone. A firing takes three write units, one of
 * the row and two of its place in `due`, and a read unit.
 */
export class DynamoScheduleStore implements ScheduleStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;
  readonly #log: Log;

  constructor(client: DynamoDBClient, tableName: string, log: Log) {
    this.#client = client;
    this.#tableName = tableName;
    this.#log = log;
  }

  async create(schedule: Schedule): Promise<'created' | 'exists'> {
    return (await this.#put(schedule, missing('pk'))) ? 'created' : 'exists';
  }

  async get(tenantId: TenantId, id: ScheduleId): Promise<Schedule | undefined> {
    const row = await this.#row({ pk: s(schedulePk(tenantId, id)) });
    return row && scheduleOfRow(row);
  }

  async list(tenantId: TenantId, limit: number, after?: ScheduleId): Promise<SchedulePage> {
    const { Items: items = [], LastEvaluatedKey: last } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        IndexName: 'byTenant',
        KeyConditionExpression: 'tenantId = :tenantId',
        ExpressionAttributeValues: { ':tenantId': s(tenantId) },
        Limit: limit,
        ExclusiveStartKey: after && { pk: s(schedulePk(tenantId, after)), tenantId: s(tenantId), id: s(after) },
      }),
    );
    const rows = await this.#rows(items);
    const schedules = items.flatMap(({ pk }) => {
      const row = rows.get(pk?.S ?? '');
      return row === undefined ? [] : [scheduleOfRow(row)];
    });
    return { schedules, ...(last?.id?.S === undefined ? {} : { next: last.id.S as ScheduleId }) };
  }

  async replace(schedule: Schedule): Promise<'replaced' | 'lost'> {
    return (await this.#put(schedule, equals('revision', n(schedule.revision - 1)))) ? 'replaced' : 'lost';
  }

  async remove(tenantId: TenantId, id: ScheduleId): Promise<'removed' | 'missing'> {
    const { Attributes: removed } = await this.#client.send(
      new DeleteItemCommand({
        TableName: this.#tableName,
        Key: { pk: s(schedulePk(tenantId, id)) },
        ReturnValues: 'ALL_OLD',
      }),
    );
    return removed === undefined ? 'missing' : 'removed';
  }

  async *due(now: number, limit: number): AsyncGenerator<readonly Schedule[]> {
    let after: Row | undefined;
    do {
      const { Items: entries = [], LastEvaluatedKey: last } = await this.#client.send(
        new QueryCommand({
          TableName: this.#tableName,
          IndexName: 'due',
          KeyConditionExpression: 'dueShard = :shard AND dueAt <= :until',
          ExpressionAttributeValues: { ':shard': DUE_SHARD, ':until': n(now) },
          Limit: limit,
          ExclusiveStartKey: after,
        }),
      );
      const rows = await this.#rows(entries);
      yield entries.flatMap(({ pk, dueAt }) => {
        const row = rows.get(pk?.S ?? '');
        // The index lags behind its table.
        return row === undefined || row.dueAt?.N !== dueAt?.N ? [] : this.#scheduleOf(row);
      });
      after = last;
    } while (after !== undefined);
  }

  async deployed(): Promise<DeployedSchedules> {
    const row = await this.#row(DEPLOYED_KEY);
    return row?.deployed?.S === undefined ? { schedules: [] } : JSON.parse(row.deployed.S);
  }

  async keepDeployed(deployed: DeployedSchedules): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#tableName,
        Item: { ...DEPLOYED_KEY, deployed: s(JSON.stringify(deployed)) },
      }),
    );
  }

  /** A row may be of a later version, and must not keep all others from their turn. */
  #scheduleOf(row: Row): Schedule[] {
    try {
      return [scheduleOfRow(row)];
    } catch (error) {
      this.#log('error', 'due schedule unreadable', { row: row.pk?.S, reason: String(error) });
      return [];
    }
  }

  async #row(Key: Row): Promise<Row | undefined> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableName, Key, ConsistentRead: true }),
    );
    return row;
  }

  #rows(entries: readonly Row[]): Promise<Map<string, Row>> {
    const addresses = entries.map(({ pk }) => ({ tableName: this.#tableName, pk: pk?.S ?? '' }));
    return batchGet(this.#client, addresses, { ConsistentRead: true });
  }

  /** Writes a row whole, and says whether the condition let it. */
  async #put(schedule: Schedule, condition: Condition): Promise<boolean> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: rowOfSchedule(schedule),
          ...conditionInput(condition),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}
