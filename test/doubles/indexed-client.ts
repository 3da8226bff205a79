import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Row } from '../../functions/adapters/dynamo/requests/row.ts';
import { LaggingIndex, NO_LAG } from '../../functions/adapters/memory/lagging-index.ts';

/** An index entry of keys alone takes about so much; half a read unit reads 4 KB where it need not be consistent. */
const ENTRY_BYTES = 200;
const HALF_UNIT_BYTES = 4_096;

/** One `BatchGetItem` has at most so many keys (DynamoDB API reference). */
const BATCH_KEYS = 100;

/** An index of a table by some attributes lists entries by their values. */
type Index = {
  readonly table: string;
  readonly names: readonly string[];
  readonly entries: LaggingIndex<Row>;
  partitions: ReadonlyMap<string, readonly Row[]>;
  version: number;
};

/**
 * DynamoDB as far as lists and the sweeper ask it: rows put and changed as a whole, one partition of an index at a time, in
 * order, and rows by their keys, for as many rows as a real table may have. What is never asked is refused, and so is what
 * DynamoDB refuses. `lag` is that of the indexes. `spent` tells the read units since it was last asked.
 */
export function indexedClient({ lag = NO_LAG } = {}): {
  readonly client: DynamoDBClient;
  readonly put: (table: string, row: Row) => void;
  readonly spent: () => number;
} {
  const rows = new Map<string, Row>();
  const indexes = new Map<string, Index>();
  let units = 0;

  const put = (table: string, row: Row): void => {
    const address = addressOf(table, row);
    rows.set(address, row);
    for (const index of indexes.values()) if (index.table === table) list(index, address, row);
  };

  /** Lists a row at its place in the index; its entry changes where that does. */
  const list = ({ names, entries }: Index, address: string, row: Row): void => {
    const before = entries.get(address);
    const isListed = names.every((name) => row[name] !== undefined);
    if (!isListed) entries.remove(address);
    else if (before === undefined || placeOf(before, names) !== placeOf(row, names)) entries.put(address, row);
  };

  /** Returns what is listed for some values of an index's key, in its order. An index is made when it is first asked for. */
  const partitionOf = (table: string, names: readonly string[], key: string): readonly Row[] => {
    const id = [table, ...names].join();
    let index = indexes.get(id);
    if (index === undefined) {
      index = { table, names, entries: new LaggingIndex(lag), partitions: new Map(), version: -1 };
      indexes.set(id, index);
      const prompt = [...rows].filter(([address]) => address.startsWith(`${table}/`));
      for (const [address, row] of prompt) list(index, address, row);
    }
    if (index.version !== index.entries.version) {
      index.version = index.entries.version;
      const partitions = Map.groupBy(
        index.entries.read().map(([, row]) => row),
        (row) => keyOf(row, names),
      );
      const compare = names[0] === 'dueShard' ? byTime : byOrder;
      for (const partition of partitions.values()) partition.sort(compare);
      index.partitions = partitions;
    }
    index.entries.age();
    return index.partitions.get(key) ?? [];
  };

  const answer = (items: readonly Row[]): object => {
    units += 0.5 * Math.max(1, Math.ceil((items.length * ENTRY_BYTES) / HALF_UNIT_BYTES));
    return { Items: items };
  };

  /** Returns whether a row is in an index at all: others are of attributes that a query names. */
  const isListed = (index: string | undefined, row: Row): boolean =>
    index !== 'byFailure' || row.errorCode !== undefined;

  const query = ({ TableName, KeyConditionExpression = '', ...input }: QueryCommand['input']): object => {
    const { ExpressionAttributeValues: values = {}, Limit: limit, ScanIndexForward: ascends = true } = input;
    const { ExclusiveStartKey: start } = input;
    const table = String(TableName);
    if (limit === undefined) throw new Error('nobody asks without a limit');
    if (KeyConditionExpression === 'dueShard = :shard AND dueAt <= :until' && ascends) {
      const due = partitionOf(table, ['dueShard'], keyOf({ dueShard: values[':shard'] ?? {} } as Row, ['dueShard']));
      const until = Number(values[':until']?.N);
      const page = due
        .filter(({ dueAt }) => Number(dueAt?.N) <= until)
        .filter((row) => start === undefined || byTime(start as Row, row) < 0)
        .slice(0, limit)
        .map(({ pk, dueAt, dueShard }) => ({ pk, dueAt, dueShard }) as Row);
      const last = page.length < limit ? undefined : page.at(-1);
      return { ...answer(page), ...(last === undefined ? {} : { LastEvaluatedKey: last }) };
    }
    const names = [...KeyConditionExpression.matchAll(/#(\w+) = :\w+/g)].map(([, name = '']) => name);
    if (names.length === 0) throw new Error('no list asks so');
    const key = keyOf(Object.fromEntries(names.map((name) => [name, values[`:${name}`]])) as Row, names);
    const bound = values[':bound']?.S;
    const partition = partitionOf(table, names, key)
      .filter((row) => isListed(input.IndexName, row))
      .toReversed();
    if (ascends) return answer(firstAbove(partition, nextNameOf(names), bound));
    const first = bound === undefined ? 0 : partition.findIndex((row) => orderOf(row) < bound);
    const page = first < 0 ? [] : partition.slice(first, first + limit);
    return answer(page.map(({ pk, order }) => ({ pk, order }) as Row));
  };

  const batchGet = ({ RequestItems: asked = {} }: BatchGetItemCommand['input']): object => {
    const found: Record<string, Row[]> = {};
    const count = Object.values(asked).reduce((sum, { Keys: keys = [] }) => sum + keys.length, 0);
    if (count > BATCH_KEYS) throw new Error('ValidationException: Too many items requested for the BatchGetItem call');
    for (const [table, { Keys: keys = [] }] of Object.entries(asked)) {
      const addresses = keys.map((key) => addressOf(table, key));
      if (new Set(addresses).size < addresses.length) {
        throw new Error('ValidationException: Provided list of item keys contains duplicates');
      }
      found[table] = addresses.map((address) => rows.get(address)).filter((row) => row !== undefined);
      units += 0.5 * found[table].length;
    }
    return { Responses: found };
  };

  /** Makes the sweeper's updates: `SET #a = :a` and `REMOVE #a, #b`, where one attribute is as it was. */
  const update = ({ TableName, Key: key = {}, ...input }: UpdateItemCommand['input']): object => {
    const { ConditionExpression: condition = '', UpdateExpression: change = '' } = input;
    const { ExpressionAttributeValues: values = {} } = input;
    const address = addressOf(TableName, key);
    const [, name = '', value = ''] = /^#(\w+) = (:\w+)$/.exec(condition) ?? [];
    if (name === '') throw new Error(`nobody writes where ${condition}`);
    const row = rows.get(address);
    if (row === undefined || JSON.stringify(row[name]) !== JSON.stringify(values[value])) {
      const refusal = { message: 'The conditional request failed', $metadata: {} };
      throw new ConditionalCheckFailedException(row === undefined ? refusal : { ...refusal, Item: row });
    }
    const removed = [...(change.split('REMOVE ')[1] ?? '').matchAll(/#(\w+)/g)];
    const set = [...(change.split('REMOVE ')[0] ?? '').matchAll(/#(\w+) = (:\w+)/g)];
    const kept = Object.entries(row).filter(([one]) => !removed.some(([, gone]) => gone === one));
    const written = {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(set.map(([, one = '', to = '']) => [one, values[to]])),
    } as Row;
    put(String(TableName), written);
    return { Attributes: written };
  };

  /** Makes rows together: `INSERT INTO "table" VALUE {'a': ?, ...}`. */
  const insertAll = ({ Statements: statements = [] }: BatchExecuteStatementCommand['input']): object => ({
    Responses: statements.map(({ Statement: text = '', Parameters: values = [] }) => {
      const [, table, members = ''] = /^INSERT INTO "([\w-]+)" VALUE \{(.*)\}$/.exec(text) ?? [];
      if (table === undefined) throw new Error(`nobody says ${text}`);
      const names = [...members.matchAll(/'(\w+)': \?/g)].map(([, name = '']) => name);
      const row = Object.fromEntries(names.map((name, place) => [name, values[place]])) as Row;
      if (rows.has(addressOf(table, row))) return { Error: { Code: 'DuplicateItem' } };
      put(table, row);
      return {};
    }),
  });

  const send = async (command: object): Promise<object> => {
    if (command instanceof BatchExecuteStatementCommand) return insertAll(command.input);
    if (command instanceof PutItemCommand) {
      put(String(command.input.TableName), command.input.Item ?? {});
      return {};
    }
    if (command instanceof QueryCommand) return query(command.input);
    if (command instanceof BatchGetItemCommand) return batchGet(command.input);
    if (command instanceof UpdateItemCommand) return update(command.input);
    throw new Error(`no list sends a ${command.constructor.name}`);
  };
  const spent = (): number => {
    const since = units;
    units = 0;
    return since;
  };
  return { client: { send } as unknown as DynamoDBClient, put, spent };
}

/** `byFailure` is sorted by these first, by which its lists step from one kind of failure to the next. */
const nextNameOf = (names: readonly string[]): string => (names.includes('type') ? 'errorCode' : 'type');

/** Returns the one entry whose attribute is the least of those above the bound. */
function firstAbove(rows: readonly Row[], name: string, bound = ''): Row[] {
  const values = rows.map((row) => row[name]?.S ?? '').filter((value) => value > bound);
  const least = values.toSorted()[0];
  return least === undefined ? [] : [{ [name]: { S: least } }];
}

const addressOf = (table: string | undefined, { pk }: Row): string => `${table}/${pk?.S}`;
const orderOf = (row: Row): string => row.order?.S ?? '';
const keyOf = (row: Row, names: readonly string[]): string => JSON.stringify(names.map((name) => row[name]));

const byOrder = (a: Row, b: Row): number => (orderOf(a) < orderOf(b) ? -1 : 1);
/** Compares rows by when they are due; those of one moment have some order of their own. */
const byTime = (a: Row, b: Row): number =>
  Number(a.dueAt?.N) - Number(b.dueAt?.N) || (String(a.pk?.S) < String(b.pk?.S) ? -1 : Number(a.pk?.S !== b.pk?.S));

/** Returns what a row is sorted by: its time where the sweeper asks, otherwise its creation. */
const sortKeyOf = (row: Row, [name]: readonly string[]): string | number =>
  name === 'dueShard' ? Number(row.dueAt?.N) : orderOf(row);
const placeOf = (row: Row, names: readonly string[]): string => `${keyOf(row, names)} ${sortKeyOf(row, names)}`;
