import { isDeepStrictEqual } from 'node:util';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { compact } from '../../../core/compact.ts';
import { type Condition, conditionText, type Dialect } from './condition.ts';
import type { Row } from './row.ts';

/** What an attribute is set to, where that depends on what it is: more by a number, or a value only where it is missing. */
export type Plus = { readonly plus: AttributeValue };
export type IfMissing = { readonly ifMissing: AttributeValue };

export const plus = (amount: AttributeValue): Plus => ({ plus: amount });
export const ifMissing = (value: AttributeValue): IfMissing => ({ ifMissing: value });

/** What one request changes of a row. It makes the row where there is none, unless the condition is against it. */
export type RowUpdate = {
  readonly tableName: string;
  readonly key: Row;
  /** Where it does not hold, nothing is written. */
  readonly condition?: Condition;
  readonly set?: Readonly<Record<string, AttributeValue | Plus | IfMissing>>;
  readonly remove?: readonly string[];
  /** Numbers and members of sets to add; an attribute that is missing counts as 0, or as an empty set. */
  readonly add?: Row;
  /** Members to take out of sets. */
  readonly delete?: Row;
  /** Nobody looks at the row as it is then, so it is not sent. */
  readonly blind?: boolean;
};

export type ConditionalUpdate = RowUpdate & { readonly condition: Condition };

/** The row as it is now (empty for a blind update), or the one that refused the update, where there is one. */
export type Updated = { readonly written: Row } | { readonly refusedBy: Row | undefined };

/**
 * Writes a row under a condition, in one request. Throws what is neither success nor refusal. A write whose answer is lost is sent
 * again by the client, and refused then by the very row that it has made: that is no refusal.
 */
export async function conditionalUpdate(client: DynamoDBClient, update: ConditionalUpdate): Promise<Updated> {
  try {
    return { written: await updateRow(client, update) };
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    const { Item: row, $metadata } = error;
    const isRepeated = ($metadata.attempts ?? 1) > 1;
    return isRepeated && row !== undefined && isMadeBy(update, row) ? { written: row } : { refusedBy: row };
  }
}

/** Says whether a row is as an update leaves it, which does not depend on what was there before. */
function isMadeBy({ set = {}, remove = [], add, delete: members }: ConditionalUpdate, row: Row): boolean {
  const values = Object.entries(set);
  if (values.length === 0 || add !== undefined || members !== undefined) return false;
  return values.every(([name, to]) => isDeepStrictEqual(row[name], to)) && remove.every((name) => !(name in row));
}

/** Writes a row and returns it as it is now, or an empty one for a blind update. */
export async function updateRow(client: DynamoDBClient, update: RowUpdate): Promise<Row> {
  const { Attributes: written = {} } = await client.send(new UpdateItemCommand(updateInput(update)));
  return written;
}

/** Says an update in DynamoDB's update and condition expressions. */
export function updateInput(update: RowUpdate): UpdateItemCommandInput {
  const { tableName, key, condition, set = {}, remove = [], add = {}, blind = false } = update;
  const dialect = new ExpressionDialect();
  const members = (row: Row) =>
    Object.entries(row).map(([name, value]) => `${dialect.name(name)} ${dialect.value(name, value)}`);
  const clauses = {
    SET: setActions(set, dialect),
    REMOVE: remove.map((name) => dialect.name(name)),
    ADD: members(add),
    DELETE: members(update.delete ?? {}),
  };
  return compact({
    TableName: tableName,
    Key: key,
    UpdateExpression: Object.entries(clauses)
      .filter(([, actions]) => actions.length > 0)
      .map(([verb, actions]) => `${verb} ${actions.join(', ')}`)
      .join(' '),
    ConditionExpression: condition && conditionText(condition, dialect),
    ...dialect.attributes(),
    ReturnValues: blind ? 'NONE' : 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: condition && 'ALL_OLD',
  } as const);
}

/** Says a condition as a condition expression, for a request that is no update. */
export function conditionInput(condition: Condition) {
  const dialect = new ExpressionDialect();
  return { ConditionExpression: conditionText(condition, dialect), ...dialect.attributes() };
}

/** Says what attributes are set to, an action for each. */
export const setActions = (set: NonNullable<RowUpdate['set']>, dialect: Dialect): string[] =>
  Object.entries(set).map(([name, to]) => {
    const target = dialect.name(name);
    if ('plus' in to) return `${target} = ${dialect.operand(name)} + ${dialect.value(name, to.plus)}`;
    if ('ifMissing' in to) {
      return `${target} = if_not_exists(${dialect.operand(name)}, ${dialect.value(name, to.ifMissing)})`;
    }
    return `${target} = ${dialect.value(name, to)}`;
  });

/** Expressions say `#name` and `:name`, or `:name2` where another value has that name already. */
class ExpressionDialect implements Dialect {
  readonly #names: Record<string, string> = {};
  readonly #values: Row = {};

  name(name: string): string {
    this.#names[`#${name}`] = name;
    return `#${name}`;
  }

  operand(name: string): string {
    return this.name(name);
  }

  value(name: string, value: AttributeValue): string {
    let place = `:${name}`;
    for (let next = 2; place in this.#values; next++) place = `:${name}${next}`;
    this.#values[place] = value;
    return place;
  }

  list(values: readonly string[]): string {
    return `(${values.join(', ')})`;
  }

  missing(name: string): string {
    return `attribute_not_exists(${this.name(name)})`;
  }

  present(name: string): string {
    return `attribute_exists(${this.name(name)})`;
  }

  /** Returns what the names and values of the expressions stand for; DynamoDB refuses values that are empty. */
  attributes() {
    return compact({
      ExpressionAttributeNames: this.#names,
      ExpressionAttributeValues: Object.keys(this.#values).length === 0 ? undefined : this.#values,
    });
  }
}
