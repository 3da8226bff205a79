import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { type LaneSnapshot, type LaneState, laneStateSchema } from '../core/lane.ts';
import { once } from '../core/once.ts';

const KEY = { pk: { S: 'lanes' } };
const snapshotSchema = once(() => z.array(laneStateSchema()));

/** The lanes as the governor has left them, in one item of the control table. */
export class DynamoLaneSnapshot implements LaneSnapshot {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async read(): Promise<readonly LaneState[]> {
    const { Item: row } = await this.#client.send(new GetItemCommand({ TableName: this.#tableName, Key: KEY }));
    // One that another version has written would stop the governor for good, and is as good as none.
    return snapshotSchema().safeParse(JSON.parse(row?.lanes?.S ?? '[]')).data ?? [];
  }

  async write(lanes: readonly LaneState[]): Promise<void> {
    await this.#client.send(
      new PutItemCommand({ TableName: this.#tableName, Item: { ...KEY, lanes: { S: JSON.stringify(lanes) } } }),
    );
  }
}
