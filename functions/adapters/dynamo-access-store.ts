import { type AttributeValue, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { type AccessGrant, type AccessStore, parseScope } from '../core/access-key.ts';
import { parseTenantId } from '../core/ids.ts';

/** Grants in one DynamoDB table with the partition key `keyHash`. */
export class DynamoAccessStore implements AccessStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /** Reads consistently, so that a new key works at once and a deleted one does not. */
  async find(keyHash: string): Promise<AccessGrant | undefined> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#tableName, Key: { keyHash: { S: keyHash } }, ConsistentRead: true }),
    );
    return row === undefined ? undefined : grantOfRow(row);
  }

  async put(keyHash: string, grant: AccessGrant): Promise<void> {
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#tableName,
        Item: {
          keyHash: { S: keyHash },
          tenantId: { S: grant.tenantId },
          scopes: { SS: [...grant.scopes] },
          name: { S: grant.name },
          createdAt: { N: String(grant.createdAt) },
        },
      }),
    );
  }
}

/** The grant of a row, or nothing where any part of it is not what `put` writes: half a grant opens no door. */
export function grantOfRow(row: Record<string, AttributeValue>): AccessGrant | undefined {
  const tenantId = parseTenantId(row.tenantId?.S ?? '');
  const scopes = (row.scopes?.SS ?? []).map(parseScope).filter((scope) => scope !== undefined);
  const name = row.name?.S;
  const createdAt = Number(row.createdAt?.N ?? Number.NaN);
  if (tenantId === undefined || name === undefined || !Number.isFinite(createdAt)) return undefined;
  if (scopes.length === 0 || scopes.length !== row.scopes?.SS?.length) return undefined;
  return { tenantId, scopes, name, createdAt };
}
