import { DeleteItemCommand, type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { TenantId } from '../../../core/task/ids.ts';
import type { SigningSecret, SigningSecrets } from '../../../core/webhook/signature.ts';
import type { Subscriber } from '../../../core/webhook/webhook.ts';
import { equals, missing } from '../requests/condition.ts';
import { conditionalPut } from '../requests/conditional-put.ts';
import { type Row, s } from '../requests/row.ts';

/** A tenant's secrets are addressable only with its own id. */
const keyOf = (tenantId: TenantId, subscriber: Subscriber): Row => ({ pk: s(`${tenantId}#${subscriber}`) });

/** Secrets in one DynamoDB table, a row for each webhook, and one for what a tenant's submits ask for. */
export class DynamoSigningSecrets implements SigningSecrets {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async get(tenantId: TenantId, subscriber: Subscriber): Promise<readonly SigningSecret[]> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableName, Key: keyOf(tenantId, subscriber), ConsistentRead: true }),
    );
    return row?.secrets?.S === undefined ? [] : JSON.parse(row.secrets.S);
  }

  async replace(
    tenantId: TenantId,
    subscriber: Subscriber,
    before: readonly SigningSecret[],
    next: readonly SigningSecret[],
  ): Promise<'replaced' | 'lost'> {
    const condition = before.length === 0 ? missing('pk') : equals('secrets', s(JSON.stringify(before)));
    const row = { ...keyOf(tenantId, subscriber), secrets: s(JSON.stringify(next)) };
    return (await conditionalPut(this.#client, { tableName: this.#tableName, row, condition })) ? 'replaced' : 'lost';
  }

  async remove(tenantId: TenantId, subscriber: Subscriber): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#tableName, Key: keyOf(tenantId, subscriber) }));
  }
}
