import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { compact } from '../../core/compact.ts';
import { parseTenantId, type TenantId } from '../../core/task/ids.ts';
import {
  type AccessGrant,
  type AccessStore,
  accessKeyId,
  firstPage,
  type GrantPage,
  type GrantPlace,
  inOrderOfAge,
  type ListedGrant,
  parseScope,
} from '../../core/tenant/access-key.ts';
import type { TenantLimits } from '../../core/tenant/tenant-limits.ts';
import { n, type Row, s } from './requests/row.ts';

/** Grants in one DynamoDB table with the partition key `keyHash` and the index `byTenant`. */
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
          ...rowOfLimits(grant.limits ?? {}),
        },
      }),
    );
  }

  async list(tenantId: TenantId, limit: number, after?: GrantPlace): Promise<GrantPage> {
    const found: ListedGrant[] = [];
    for await (const rows of this.#rowsOf(tenantId, { since: after?.createdAt, pageSize: limit + 1 })) {
      const grants = rows.flatMap(listedGrant);
      found.push(...grants.filter((grant) => after === undefined || inOrderOfAge(after, grant) < 0));
      // The index has grants of one moment in any order, so that all of them are read before they are put in ours.
      if (found.length > limit && found.at(-1)?.createdAt !== found[limit - 1]?.createdAt) break;
    }
    return firstPage(found, limit);
  }

  async revoke(tenantId: TenantId, id: string): Promise<'revoked' | 'missing' | 'ambiguous'> {
    const found: AttributeValue[] = [];
    for await (const rows of this.#rowsOf(tenantId)) {
      found.push(...rows.flatMap(({ keyHash }) => (keyHash && accessKeyId(keyHash.S ?? '') === id ? [keyHash] : [])));
    }
    const [keyHash, ...others] = found;
    if (keyHash === undefined) return 'missing';
    if (others.length > 0) return 'ambiguous';
    await this.#client.send(new DeleteItemCommand({ TableName: this.#tableName, Key: { keyHash } }));
    return 'revoked';
  }

  /** Reads the rows of a tenant's grants, those made at `since` and later, the oldest first. */
  async *#rowsOf(
    tenantId: TenantId,
    { since = 0, pageSize }: { readonly since?: number | undefined; readonly pageSize?: number } = {},
  ): AsyncGenerator<readonly Row[]> {
    const query = {
      TableName: this.#tableName,
      IndexName: 'byTenant',
      KeyConditionExpression: 'tenantId = :tenantId AND createdAt >= :since',
      ExpressionAttributeValues: { ':tenantId': s(tenantId), ':since': n(since) },
    };
    const pages = paginateQuery({ client: this.#client, ...compact({ pageSize }) }, query);
    for await (const { Items: rows = [] } of pages) yield rows;
  }
}

function listedGrant(row: Row): ListedGrant[] {
  const grant = grantOfRow(row);
  return grant === undefined ? [] : [{ ...grant, id: accessKeyId(row.keyHash?.S ?? '') }];
}

/** Reads the grant of a row; nothing where any part of it is not what `put` writes: half a grant opens no door. */
export function grantOfRow(row: Record<string, AttributeValue>): AccessGrant | undefined {
  const tenantId = parseTenantId(row.tenantId?.S ?? '');
  const scopes = (row.scopes?.SS ?? []).map(parseScope).filter((scope) => scope !== undefined);
  const name = row.name?.S;
  const createdAt = Number(row.createdAt?.N ?? Number.NaN);
  if (tenantId === undefined || name === undefined || !Number.isFinite(createdAt)) return undefined;
  if (scopes.length === 0 || scopes.length !== row.scopes?.SS?.length) return undefined;
  const limits = limitsOfRow(row);
  const grant = { tenantId, scopes, name, createdAt };
  return limits && (Object.keys(limits).length === 0 ? grant : { ...grant, limits });
}

const LIMITS = ['ratePerSecond', 'maxOpenTasks'] as const satisfies readonly (keyof TenantLimits)[];

const rowOfLimits = (limits: TenantLimits): Record<string, AttributeValue> =>
  Object.fromEntries(
    LIMITS.flatMap((name) => (limits[name] === undefined ? [] : [[name, { N: String(limits[name]) }]])),
  );

/** Reads the limits of a row; nothing where one is there that cannot be read: that there is none would be a guess. */
function limitsOfRow(row: Record<string, AttributeValue>): TenantLimits | undefined {
  const given = LIMITS.filter((name) => row[name] !== undefined).map((name) => [name, Number(row[name]?.N)] as const);
  return given.every(([, value]) => value > 0) ? Object.fromEntries(given) : undefined;
}
