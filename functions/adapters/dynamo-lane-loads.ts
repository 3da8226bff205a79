import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { type LaneLoad, type LaneLoads, LOAD_COUNTS, loadOf } from '../core/lane.ts';
import { batchGet } from './batch-get.ts';

const keyOf = (executorKey: string): string => `load#${executorKey}`;

/** What executors do for each lane, added up in an item of the control table. */
export class DynamoLaneLoads implements LaneLoads {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async add(executorKey: string, load: LaneLoad): Promise<void> {
    await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: { pk: { S: keyOf(executorKey) } },
        UpdateExpression: `ADD ${LOAD_COUNTS.map((name) => `${name} :${name}`).join(', ')}`,
        ExpressionAttributeValues: Object.fromEntries(
          LOAD_COUNTS.map((name) => [`:${name}`, { N: String(load[name]) }]),
        ),
      }),
    );
  }

  async read(executorKeys: readonly string[]): Promise<ReadonlyMap<string, LaneLoad>> {
    const addresses = executorKeys.map((key) => ({ tableName: this.#tableName, pk: keyOf(key) }));
    const rows = await batchGet(this.#client, addresses, {});
    return new Map(
      executorKeys.flatMap((key) => {
        const row = rows.get(keyOf(key));
        return row === undefined ? [] : [[key, loadOf((name) => Number(row[name]?.N ?? 0))]];
      }),
    );
  }
}
