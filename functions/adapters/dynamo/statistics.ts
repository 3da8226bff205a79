import { hash } from 'node:crypto';
import { type DynamoDBClient, GetItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { MAX_CHANGE_AGE_SECONDS, STATISTICS_RETENTION_DAYS } from '../../contract.ts';
import { isoTime } from '../../core/iso-time.ts';
import type { Clock, Minute, Statistics, TenantUsage } from '../../core/ports.ts';
import { type Contribution, placeOf, type StatisticsRow, sumOf, type Tally, unseen } from '../../core/statistics.ts';
import { parseTenantId, type TenantId } from '../../core/task/ids.ts';
import { all, any, equals, lessThan, missing } from './requests/condition.ts';
import { conditionalUpdate, updateRow } from './requests/conditional-update.ts';
import { n, type Row, s } from './requests/row.ts';

export type DynamoStatisticsOptions = { readonly tableName: string; readonly clock: Clock };

/** The row of all that a tenant has; a minute sorts before it. */
const TENANT_ROW = 'tenant';

/** The row of all tenants; no tenant's id is like it. */
const ALL_TENANTS: Row = { pk: s('*'), sk: s('tenants') };

/** No change that is older is delivered any more; the hour is for one that is under way. */
const FORGET_MILLISECONDS = (MAX_CHANGE_AGE_SECONDS + 3600) * 1000;

/**
 * Sums in one DynamoDB table. A row remembers how far it `seen` each shard of the stream, and moves that mark in the very
 * write that adds: docs/decisions/statistics-count-once.md says why nothing is counted twice or left out.
 */
export class DynamoStatistics implements Statistics, TenantUsage {
  readonly #client: DynamoDBClient;
  readonly #options: DynamoStatisticsOptions;
  /** Those that are known to be in the row of all: each is written there once by each process. */
  readonly #listed = new Set<TenantId>();

  constructor(client: DynamoDBClient, options: DynamoStatisticsOptions) {
    this.#client = client;
    this.#options = options;
  }

  async add(shard: string, row: StatisticsRow, contributions: readonly Contribution[]): Promise<void> {
    if (!('minute' in row)) await this.#list(row.tenantId);
    const seen = `seen_${hash('sha256', shard).slice(0, 20)}`;
    let left = unseen(contributions, undefined);
    for (let [first, last] = ends(left); first && last; [first, last] = ends(left)) {
      const update = await conditionalUpdate(this.#client, {
        tableName: this.#options.tableName,
        key: statisticsKeyOf(row),
        condition: any(missing(seen), lessThan(seen, s(placeOf(first)))),
        set: { [seen]: s(markOf(last)), ...expiryOf(row) },
        add: { ...rowOfTally(sumOf(left.map(({ tally }) => tally))), ...typeSetOf(left) },
      });
      if ('written' in update) return this.#forget(row, update.written);
      const mark = update.refusedBy?.[seen]?.S;
      if (mark === undefined) throw new Error('a row refused what it has not seen');
      left = unseen(left, markedPlace(mark));
    }
  }

  async minutes(tenantId: TenantId, type: string, from: number, to: number): Promise<readonly Minute[]> {
    const minutes: Minute[] = [];
    const query = {
      TableName: this.#options.tableName,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :last',
      ExpressionAttributeValues: {
        ':pk': s(partitionOf(tenantId, type)),
        ':from': s(isoTime(from)),
        ':last': s(isoTime(to - 1)),
      },
    };
    for await (const { Items: items = [] } of paginateQuery({ client: this.#client }, query)) {
      minutes.push(...items.map((row) => ({ minute: Date.parse(row.sk?.S ?? ''), tally: tallyOfRow(row) })));
    }
    return minutes;
  }

  async openTasks(tenantId: TenantId): Promise<number> {
    return Number((await this.#ofTenant(tenantId, 'open')).open?.N ?? 0);
  }

  async tenants(): Promise<readonly TenantId[]> {
    const { Item: row } = await this.#client.send(
      new GetItemCommand({ TableName: this.#options.tableName, Key: ALL_TENANTS }),
    );
    return (row?.tenants?.SS ?? []).flatMap((text) => parseTenantId(text) ?? []);
  }

  /** Puts a tenant into the row of all, before anything of it is counted. */
  async #list(tenantId: TenantId): Promise<void> {
    if (this.#listed.has(tenantId)) return;
    const { tableName } = this.#options;
    await updateRow(this.#client, { tableName, key: ALL_TENANTS, add: { tenants: { SS: [tenantId] } }, blind: true });
    this.#listed.add(tenantId);
  }

  async types(tenantId: TenantId): Promise<readonly string[]> {
    return (await this.#ofTenant(tenantId, 'types')).types?.SS ?? [];
  }

  /** Reads one attribute of a tenant's row, which has all its types and the marks of the stream as well. */
  async #ofTenant(tenantId: TenantId, name: string): Promise<Row> {
    const { Item: row = {} } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#options.tableName,
        Key: statisticsKeyOf({ tenantId }),
        ProjectionExpression: '#name',
        ExpressionAttributeNames: { '#name': name },
      }),
    );
    return row;
  }

  /** Removes the marks of shards that are long closed from a row that stays: a shard lasts for hours. */
  async #forget(row: StatisticsRow, written: Row): Promise<void> {
    if ('minute' in row) return;
    const horizon = this.#options.clock() - FORGET_MILLISECONDS;
    const old = Object.entries(written).filter(([name, value]) => isMark(name) && markedTime(value.S ?? '') < horizon);
    if (old.length === 0) return;
    await conditionalUpdate(this.#client, {
      tableName: this.#options.tableName,
      key: statisticsKeyOf(row),
      condition: all(...old.map(([name, mark]) => equals(name, mark))),
      remove: old.map(([name]) => name),
    });
  }
}

const ends = (contributions: readonly Contribution[]) => [contributions[0], contributions.at(-1)] as const;

/** Returns the partition of a type's minutes, a range of which is one query. No tenant id has a `#`. */
const partitionOf = (tenantId: TenantId, type: string): string => `${tenantId}#${type}`;
const statisticsKeyOf = (row: StatisticsRow): Row =>
  'minute' in row
    ? { pk: s(partitionOf(row.tenantId, row.type)), sk: s(isoTime(row.minute)) }
    : { pk: s(row.tenantId), sk: s(TENANT_ROW) };

const expiryOf = (row: StatisticsRow): Row =>
  'minute' in row ? { expiresAt: n(row.minute / 1000 + STATISTICS_RETENTION_DAYS * 86_400) } : {};

/** Says how far a shard was seen, and when that change was made. A mark is greater than its place, and less than the next. */
const markOf = (last: Contribution): string => `${placeOf(last)}@${last.at}`;
const markedPlace = (mark: string): string => mark.slice(0, mark.indexOf('@'));
const markedTime = (mark: string): number => Number(mark.slice(mark.indexOf('@') + 1));
const isMark = (name: string): boolean => name.startsWith('seen_');

/** Returns the types to add to a tenant's: a set takes what it has as readily as what is new to it, and may not be empty. */
function typeSetOf(contributions: readonly Contribution[]): Row {
  const types = new Set(contributions.flatMap(({ type }) => type ?? []));
  return types.size === 0 ? {} : { types: { SS: [...types] } };
}

const rowOfTally = (tally: Tally): Row =>
  Object.fromEntries(Object.entries(tally).map(([name, amount]) => [name, n(amount)]));

const tallyOfRow = (row: Row): Tally =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, { N: amount }]) =>
      amount === undefined || name === 'expiresAt' ? [] : [[name, Number(amount)]],
    ),
  );
