import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localTarget } from '../../local/aws-target.ts';
import { freePort } from '../../local/free-port.ts';
import { type MiniStack, startMiniStack } from '../../local/ministack.ts';
import { MINISTACK } from '../../local/python-venvs.mjs';

type Row = { readonly pk: string; readonly tenant: string; readonly group: string; readonly order: number };

const BATCH = 25;
const MANY = 6_000;
/** What a task's row has beside its keys, in names and values. */
const FILLING = Object.fromEntries(
  Array.from({ length: 20 }, (_, place): [string, AttributeValue] => [`attribute${place}`, { S: 'x'.repeat(30) }]),
);

describe('a table of the local cloud', () => {
  let directory = '';
  let server: MiniStack;
  let dynamo: DynamoDBClient;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-tables-'));
    const { signal } = new AbortController();
    server = await startMiniStack([await freePort([])], { directory: join(directory, 'cloud'), signal });
    dynamo = new DynamoDBClient(localTarget(server.endpoint).client);
  });

  afterAll(async () => {
    server.kill();
    await server.ended;
    await rm(directory, { recursive: true, force: true });
  });

  /** What the server has in memory, and the ticks of CPU that it has used (`man 5 proc_pid_statm`, `proc_pid_stat`). */
  async function usage(): Promise<{ bytes: number; ticks: number }> {
    const of = (name: string) => readFile(`/proc/${server.pid}/${name}`, 'utf8');
    const [, pages] = (await of('statm')).split(' ');
    const stat = await of('stat');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return { bytes: Number(pages) * 4_096, ticks: Number(user) + Number(system) };
  }

  async function tableOf(TableName: string, rows: readonly Row[]): Promise<void> {
    const attribute = (AttributeName: string, AttributeType: 'S' | 'N' = 'S') => ({ AttributeName, AttributeType });
    const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
    await dynamo.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [key('pk', 'HASH')],
        AttributeDefinitions: [attribute('pk'), attribute('tenant'), attribute('group'), attribute('order', 'N')],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'byGroup',
            KeySchema: [key('tenant', 'HASH'), key('group', 'HASH'), key('order', 'RANGE')],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    );
    for (let first = 0; first < rows.length; first += BATCH) {
      const requests = rows.slice(first, first + BATCH).map(({ pk, tenant, group, order }) => {
        const keys = { pk: { S: pk }, tenant: { S: tenant }, group: { S: group }, order: { N: String(order) } };
        return { PutRequest: { Item: { ...keys, ...FILLING } } };
      });
      await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } }));
    }
  }

  const rowsOf = (count: number): Row[] =>
    Array.from({ length: count }, (_, place) => ({
      pk: `task-${String((place * 7_919) % count).padStart(6, '0')}`,
      tenant: 'acme',
      group: place % 3 === 0 ? 'open' : 'succeeded',
      // Some share their place, and 9 is before 10.
      order: (place * 31) % Math.ceil(count / 2),
    }));

  /** All pages of a query of the open rows, by their keys. */
  async function keysOf(
    TableName: string,
    condition: string,
    values: Record<string, AttributeValue>,
    more: Partial<QueryCommandInput>,
  ): Promise<string[][]> {
    const pages: string[][] = [];
    let after: QueryCommandInput['ExclusiveStartKey'];
    do {
      const { Items = [], LastEvaluatedKey } = await dynamo.send(
        new QueryCommand({
          TableName,
          IndexName: 'byGroup',
          KeyConditionExpression: `tenant = :tenant AND #group = :group${condition}`,
          ExpressionAttributeNames: { '#group': 'group', ...(condition === '' ? {} : { '#order': 'order' }) },
          ExpressionAttributeValues: { ':tenant': { S: 'acme' }, ':group': { S: 'open' }, ...values },
          ExclusiveStartKey: after,
          ...more,
        }),
      );
      pages.push(Items.map(({ pk }) => pk?.S ?? ''));
      after = LastEvaluatedKey;
    } while (after !== undefined);
    return pages;
  }

  it('answers the same queries in the same order, whatever the page', { timeout: 60_000 }, async () => {
    const rows = rowsOf(120);
    await tableOf('queried', rows);
    // One leaves the index, and one moves in it.
    const moved = rows.filter(({ group }) => group === 'open').slice(0, 2);
    await Promise.all(
      moved.map(({ pk }, place) =>
        dynamo.send(
          new UpdateItemCommand({
            TableName: 'queried',
            Key: { pk: { S: pk } },
            UpdateExpression: place === 0 ? 'REMOVE #order' : 'SET #order = :order',
            ExpressionAttributeNames: { '#order': 'order' },
            ...(place === 0 ? {} : { ExpressionAttributeValues: { ':order': { N: '37' } } }),
          }),
        ),
      ),
    );
    const open = rows
      .filter(({ group, pk }) => group === 'open' && pk !== moved[0]?.pk)
      .map((row) => (row.pk === moved[1]?.pk ? { ...row, order: 37 } : row))
      .sort((a, b) => a.order - b.order || (a.pk < b.pk ? -1 : 1));
    const number = (value: number): AttributeValue => ({ N: String(value) });
    const conditions: [string, Record<string, AttributeValue>, (order: number) => boolean][] = [
      ['', {}, () => true],
      [' AND #order = :order', { ':order': number(37) }, (order) => order === 37],
      [' AND #order < :order', { ':order': number(37) }, (order) => order < 37],
      [' AND #order <= :order', { ':order': number(37) }, (order) => order <= 37],
      [' AND #order > :order', { ':order': number(37) }, (order) => order > 37],
      [' AND #order >= :order', { ':order': number(37) }, (order) => order >= 37],
      [' AND :order < #order', { ':order': number(37) }, (order) => order > 37],
      [
        ' AND #order BETWEEN :order AND :last',
        { ':order': number(9), ':last': number(37) },
        (order) => order >= 9 && order <= 37,
      ],
    ];
    for (const [condition, values, holds] of conditions) {
      const expected = open.filter(({ order }) => holds(order)).map(({ pk }) => pk);
      for (const ScanIndexForward of [true, false]) {
        const inOrder = ScanIndexForward ? expected : expected.toReversed();
        for (const Limit of [undefined, 1, 7]) {
          const pages = await keysOf('queried', condition, values, { ScanIndexForward, Limit });
          expect(pages.flat(), `${condition} ${Limit} ${ScanIndexForward}`).toEqual(inOrder);
          if (Limit !== undefined) expect(pages.slice(0, -1).every(({ length }) => length === Limit)).toBe(true);
        }
      }
    }
  });

  it.runIf(process.platform === 'linux')(
    'keeps rows lean, and reads a page in proportion to the page',
    { timeout: 240_000 },
    async () => {
      await tableOf('small', rowsOf(60));
      const before = await usage();
      await tableOf('large', rowsOf(MANY));
      const bytes = ((await usage()).bytes - before.bytes) / MANY;
      // Of 1 KB each; as objects of Python, 8 KB.
      expect(bytes).toBeLessThan(3_500);

      const page = { ScanIndexForward: false, Limit: 10 };
      const query = (TableName: string) =>
        dynamo.send(
          new QueryCommand({
            TableName,
            IndexName: 'byGroup',
            KeyConditionExpression: 'tenant = :tenant AND #group = :group AND #order < :order',
            ExpressionAttributeNames: { '#group': 'group', '#order': 'order' },
            ExpressionAttributeValues: { ':tenant': { S: 'acme' }, ':group': { S: 'open' }, ':order': { N: '500000' } },
            ...page,
          }),
        );
      const ticksOf = async (TableName: string): Promise<number> => {
        await query(TableName); // the first makes the index
        const { ticks } = await usage();
        for (let count = 0; count < 150; count++) await query(TableName);
        return (await usage()).ticks - ticks;
      };
      const [small, large] = [await ticksOf('small'), await ticksOf('large')];
      expect(large / small).toBeLessThan(2);
    },
  );

  it('deletes what has expired, and keeps only the latest events and logs of calls', async () => {
    const python = join(MINISTACK.venv, 'bin/python');
    const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, 'kept_state.py')], {
      env: { ...process.env, STATE_DIR: directory, PERSIST_STATE: '0', LOG_LEVEL: 'WARNING' },
    });
    expect(JSON.parse(stdout)).toEqual({
      expired: [
        ['later', 'never', 'other type', 'past'],
        ['later', 'never', 'other type'],
        ['never', 'other type'],
      ],
      events: 1_000,
      calls: expect.any(Number),
      lastCall: '2009',
    });
    expect(JSON.parse(stdout).calls).toBeLessThanOrEqual(2_000);
  });
});
