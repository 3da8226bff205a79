import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { TenantId } from '../../../core/task/ids.ts';
import type { WebhookStore, Webhooks } from '../../../core/webhook/webhook.ts';
import { equals, missing } from '../requests/condition.ts';
import { conditionalPut } from '../requests/conditional-put.ts';
import { n, s } from '../requests/row.ts';

/**
 * Webhooks in one DynamoDB table, a row for each tenant: who tells of an end reads all of them consistently, by one request. What
 * they are signed with is in a table of its own.
 */
export class DynamoWebhookStore implements WebhookStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async get(tenantId: TenantId): Promise<Webhooks> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableName, Key: { tenantId: s(tenantId) }, ConsistentRead: true }),
    );
    if (row?.webhooks?.S === undefined) return { revision: 0, webhooks: [] };
    return { revision: Number(row.revision?.N), webhooks: JSON.parse(row.webhooks.S) };
  }

  async replace(tenantId: TenantId, { revision, webhooks }: Webhooks): Promise<'replaced' | 'lost'> {
    const condition = revision === 1 ? missing('tenantId') : equals('revision', n(revision - 1));
    const row = { tenantId: s(tenantId), revision: n(revision), webhooks: s(JSON.stringify(webhooks)) };
    return (await conditionalPut(this.#client, { tableName: this.#tableName, row, condition })) ? 'replaced' : 'lost';
  }
}
