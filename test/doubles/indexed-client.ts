import { BatchGetItemCommand, type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Row } from '../../functions/adapters/task-row.ts';

/** About what an index entry of keys alone takes, and what a read unit reads where it need not be consistent. */
const ENTRY_BYTES = 200;
const HALF_UNIT_BYTES = 4_096;

/**
 * DynamoDB as far as lists ask it: one partition of an index at a time, in order, for as many rows as a real table may
 * have. What is never asked is refused. `spent` tells the read units since it was last asked.
 */
export function indexedClient(): { readonly client: DynamoDBClient; readonly spent: () => number } {
  const rows = new Map<string, Row>();
  let indexes = new Map<string, Map<string, Row[]>>();
  let units = 0;

  const put = ({ TableName: table, Item: item = {} }: PutItemCommand['input']): object => {
    rows.set(addressOf(table, item), item);
    indexes = new Map();
    return {};
  };

  /** The rows of a table by the values of a key, the greatest order first. */
  const indexOf = (table: string, names: readonly string[]): Map<string, Row[]> => {
    const key = [table, ...names].join();
    const index =
      indexes.get(key) ??
      Map.groupBy(
        [...rows].filter(([address]) => address.startsWith(`${table}/`)).map(([, row]) => row),
        (row) => JSON.stringify(names.map((name) => row[name])),
      );
    if (!indexes.has(key)) {
      for (const partition of index.values()) partition.sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
      indexes.set(key, index);
    }
    return index;
  };

  const query = ({ TableName, KeyConditionExpression = '', ...input }: QueryCommand['input']): object => {
    const { ExpressionAttributeValues: values = {}, Limit: limit, ScanIndexForward } = input;
    const names = [...KeyConditionExpression.matchAll(/#(\w+) = :\w+/g)].map(([, name = '']) => name);
    if (ScanIndexForward !== false || limit === undefined || names.length === 0) throw new Error('no list asks so');
    const partition = indexOf(String(TableName), names).get(JSON.stringify(names.map((name) => values[`:${name}`])));
    const after = values[':after']?.S;
    const items = (partition ?? []).filter((row) => after === undefined || orderOf(row) < after).slice(0, limit);
    units += 0.5 * Math.max(1, Math.ceil((items.length * ENTRY_BYTES) / HALF_UNIT_BYTES));
    return { Items: items.map(({ pk, order }) => ({ pk, order })) };
  };

  const batchGet = ({ RequestItems: asked = {} }: BatchGetItemCommand['input']): object => {
    const found: Record<string, Row[]> = {};
    for (const [table, { Keys: keys = [] }] of Object.entries(asked)) {
      found[table] = keys.map((key) => rows.get(addressOf(table, key))).filter((row) => row !== undefined);
      units += 0.5 * found[table].length;
    }
    return { Responses: found };
  };

  const send = async (command: object): Promise<object> => {
    if (command instanceof PutItemCommand) return put(command.input);
    if (command instanceof QueryCommand) return query(command.input);
    if (command instanceof BatchGetItemCommand) return batchGet(command.input);
    throw new Error(`no list sends a ${command.constructor.name}`);
  };
  const spent = (): number => {
    const since = units;
    units = 0;
    return since;
  };
  return { client: { send } as unknown as DynamoDBClient, spent };
}

const addressOf = (table: string | undefined, { pk }: Row): string => `${table}/${pk?.S}`;
const orderOf = (row: Row): string => row.order?.S ?? '';
