import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { parseTaskId } from '../core/ids.ts';
import { n, s } from './task-row.ts';
import { tableOf } from './task-tables.ts';

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
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#tableOf(ref),
        Item: { pk: s(ref), data: { B: bytes }, expiresAt: n(Math.ceil(keepUntil / 1000)) },
      }),
    );
  }

  /** Reads consistently: it may just have been written. */
  async get(ref: string): Promise<Uint8Array> {
    const { Item: item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableOf(ref), Key: { pk: s(ref) }, ConsistentRead: true }),
    );
    if (item?.data?.B === undefined) throw new Error(`there is no payload ${ref}`);
    return item.data.B;
  }

  #tableOf(ref: string): string {
    const id = parseTaskId(ref.split('#')[1] ?? '');
    if (id === undefined) throw new Error(`the payload ${ref} is of no task`);
    return tableOf({ tableNames: this.#tableNames }, id);
  }
}
