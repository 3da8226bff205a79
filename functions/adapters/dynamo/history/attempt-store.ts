import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { AttemptRecord, AttemptStore } from '../../../core/task/attempt-record.ts';
import { s, seconds } from '../requests/row.ts';
import { pkOf } from '../task-row.ts';

const PREFIX = 'attempt#';

/** The numbers of attempts are sorted as texts. */
const DIGITS = 6;

/** Records of attempts as items of the history, by their task and number: each is written once, and read by one request. */
export class DynamoAttemptStore implements AttemptStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async put({ tenantId, id }: Parameters<AttemptStore['put']>[0], record: AttemptRecord, keepUntil: number) {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#tableName,
        Item: {
          pk: s(pkOf(tenantId, id)),
          sk: s(PREFIX + String(record.number).padStart(DIGITS, '0')),
          record: s(JSON.stringify(record)),
          expiresAt: seconds(keepUntil),
        },
      }),
    );
  }

  async latest({ tenantId, id }: Parameters<AttemptStore['latest']>[0], most: number): Promise<AttemptRecord[]> {
    const { Items: rows = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#tableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': s(pkOf(tenantId, id)), ':prefix': s(PREFIX) },
        ScanIndexForward: false,
        Limit: most,
      }),
    );
    // They are Millrace's own: whoever writes another form of them has to read both.
    return rows.map(({ record }) => JSON.parse(record?.S ?? '') as AttemptRecord).reverse();
  }
}
