import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { TenantId } from '../core/ids.ts';
import { RATE_WINDOW_SECONDS, type RateTallies, type RateTally } from '../core/tenant-limits.ts';
import { conditionalUpdate } from './conditional-update.ts';
import { n, s } from './task-row.ts';

/** Windows of one item: with a minute of them it stays under 1 KB. The first of an item knows of none before. */
const ITEM_WINDOWS = 60 / RATE_WINDOW_SECONDS;

/** DynamoDB deletes an item some time after this. */
const KEPT_SECONDS = 120;

/** What a tenant asks for, window by window, in items of the control table. */
export class DynamoRateTallies implements RateTallies {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async report(tenantId: TenantId, window: number, askedBefore: number): Promise<RateTally> {
    const { Attributes: row = {} } = await this.#client.send(
      new UpdateItemCommand({
        TableName: this.#tableName,
        Key: { pk: { S: `rate#${tenantId}#${Math.floor(window / ITEM_WINDOWS)}` } },
        UpdateExpression: `ADD ${routers(window)} :one, ${asked(window - 1)} :asked SET expiresAt = :expiresAt`,
        ExpressionAttributeValues: {
          ':one': { N: '1' },
          ':asked': { N: String(askedBefore) },
          ':expiresAt': { N: String(window * RATE_WINDOW_SECONDS + KEPT_SECONDS) },
        },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return {
      routers: numberOf(row[routers(window)]),
      routersBefore: numberOf(row[routers(window - 1)]),
      asked: numberOf(row[asked(window - 2)]),
    };
  }

  async charge(tenantId: TenantId, milliseconds: number, now: number): Promise<number> {
    const until = Math.ceil(now + milliseconds);
    const update = await conditionalUpdate(this.#client, {
      tableName: this.#tableName,
      key: { pk: s(`rate#${tenantId}#fan-outs`) },
      condition: 'attribute_not_exists(#until) OR #until <= :now',
      set: { until: n(until), expiresAt: n(Math.ceil(until / 1000) + KEPT_SECONDS) },
      values: { now: n(now) },
      blind: true,
    });
    return 'written' in update ? 0 : Math.max(0, numberOf(update.refusedBy?.until) - now);
  }
}

const routers = (window: number): string => `routers${window}`;
const asked = (window: number): string => `asked${window}`;
const numberOf = (value: AttributeValue | undefined): number => Number(value?.N ?? 0);
