import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Row } from './task-row.ts';

/** One conditional write of a row, in words. Names stand for themselves: `#name` and `:name` are made from them. */
export type ConditionalUpdate = {
  readonly tableName: string;
  readonly key: Row;
  /** Of names as `#name`; where it does not hold, nothing is written. */
  readonly condition: string;
  readonly set?: Row;
  /** Further `SET` actions, of names as `#name` and values as `:name`. */
  readonly actions?: readonly string[];
  readonly remove?: readonly string[];
  /** Numbers to add; an attribute that is missing counts as 0. */
  readonly add?: Row;
  /** Values that the condition and the actions speak of. */
  readonly values?: Row;
  /** Where nobody looks at the row as it is then: it is not sent. */
  readonly blind?: boolean;
};

/** How it ended: the row as it is now (empty for a blind one), or the one that refused it, where there is one. */
export type Updated = { readonly written: Row } | { readonly refusedBy: Row | undefined };

/** Writes a row under a condition, in one request. Throws what is neither success nor refusal. */
export async function conditionalUpdate(client: DynamoDBClient, update: ConditionalUpdate): Promise<Updated> {
  const {
    tableName,
    key,
    condition,
    set = {},
    actions = [],
    remove = [],
    add = {},
    values = {},
    blind = false,
  } = update;
  const sets = [...setActions(set), ...actions];
  const added = Object.keys(add);
  const expression = [
    ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
    ...(remove.length === 0 ? [] : [`REMOVE ${remove.map((name) => `#${name}`).join(', ')}`]),
    ...(added.length === 0 ? [] : [`ADD ${added.map((name) => `#${name} :${name}`).join(', ')}`]),
  ].join(' ');
  const names = new Set(`${condition} ${expression}`.match(/#\w+/g));
  try {
    const { Attributes: written = {} } = await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key: key,
        ConditionExpression: condition,
        UpdateExpression: expression,
        ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [name, name.slice(1)])),
        ExpressionAttributeValues: Object.fromEntries(
          Object.entries({ ...set, ...add, ...values }).map(([name, value]) => [`:${name}`, value as AttributeValue]),
        ),
        ReturnValues: blind ? 'NONE' : 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { written };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { refusedBy: error.Item };
    throw error;
  }
}

export const setActions = (set: Row): string[] => Object.keys(set).map((name) => `#${name} = :${name}`);
