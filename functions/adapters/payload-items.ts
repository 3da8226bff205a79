import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { parseTaskId, tableShardOf } from '../core/ids.ts';
import { n, s } from './task-row.ts';

/** Payloads as items of the task tables, beside their tasks: `<tenant>#<task>#<name>`. No index lists them. */
export class PayloadItems {
  readonly #client: DynamoDBClient;
  readonly #tableNames: readonly string[];

  constructor(client: DynamoDBClient, tableNames: readonly string[]) {
    this.#client = client;
    this.#tableNames = tableNames;
  }

  /** `keepUntil` in milliseconds since the epoch. */
  async put(ref: string, bytes: Uint8Array, keepUntil: number): Promise<void> {
    const tableName = this.#tableOf(ref);
    if (tableName === undefined) throw new Error(`the payload ${ref} is of no task`);
    await this.#client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: { pk: s(ref), data: { B: bytes }, expiresAt: n(Math.ceil(keepUntil / 1000)) },
      }),
    );
  }

  /** Reads consistently: it may just have been written. `undefined` where it is not there. */
  async get(ref: string): Promise<Uint8Array | undefined> {
    const tableName = this.#tableOf(ref);
    if (tableName === undefined) return undefined;
    const { Item: item } = await this.#client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: s(ref) }, ConsistentRead: true }),
    );
    return item?.data?.B;
  }

  #tableOf(ref: string): string | undefined {
    const id = parseTaskId(ref.split('#')[1] ?? '');
    return id === undefined ? undefined : this.#tableNames[tableShardOf(id)];
  }
}
