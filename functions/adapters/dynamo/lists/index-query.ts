import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { type Row, s } from '../requests/row.ts';

/** What the indexes of one table list in one of their shards. */
export type Shard = { readonly tableName: string; readonly key: Row };
/** What an index lists there under one key, or a table that is an index itself. */
export type Partition = Shard & { readonly indexName?: string };

/** Asks a partition for up to `limit` entries: those whose next attribute of the sort key is less than `below`, or more than `above`. */
type Range = { readonly name: string; readonly limit: number } & (
  | { readonly below: string | undefined }
  | { readonly above: string | undefined }
);

/** Makes the query of a range: the greatest first of what is `below`, and the least first of what is `above`. */
export function indexQuery({ tableName, indexName, key }: Partition, range: Range): QueryCommand {
  const isDescending = 'below' in range;
  const bound = isDescending ? range.below : range.above;
  const names = [...Object.keys(key), ...(bound === undefined ? [] : [range.name])];
  const conditions = Object.keys(key).map((name) => `#${name} = :${name}`);
  if (bound !== undefined) conditions.push(`#${range.name} ${isDescending ? '<' : '>'} :bound`);
  return new QueryCommand({
    TableName: tableName,
    ...(indexName === undefined ? {} : { IndexName: indexName }),
    KeyConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(key).map(([name, value]) => [`:${name}`, value])),
      ...(bound === undefined ? {} : { ':bound': s(bound) }),
    },
    ScanIndexForward: !isDescending,
    Limit: range.limit,
  });
}
