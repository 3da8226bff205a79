import { BatchExecuteStatementCommand, type DynamoDBClient, DynamoDBServiceException } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { BatchedWrites } from '../../../../../functions/adapters/dynamo/requests/batched-writes.ts';
import { all, any, atMost, equals, missing } from '../../../../../functions/adapters/dynamo/requests/condition.ts';
import { plus } from '../../../../../functions/adapters/dynamo/requests/conditional-update.ts';
import { n, s } from '../../../../../functions/adapters/dynamo/requests/row.ts';
import type { BatchedUpdate } from '../../../../../functions/adapters/dynamo/requests/update-statement.ts';
import type { Log } from '../../../../../functions/core/ports.ts';

/** Makes a client that notes what it is sent, and answers with what the statements are to come to. */
function recording(respond: (statements: number) => object) {
  const sent: { readonly name: string; readonly input: Record<string, unknown> }[] = [];
  const send = async (command: { readonly input: Record<string, unknown> }) => {
    sent.push({ name: command.constructor.name, input: command.input });
    if (!(command instanceof BatchExecuteStatementCommand)) return { Attributes: { by: s('itself') } };
    return respond(command.input.Statements?.length ?? 0);
  };
  const logged: { readonly event: string; readonly [field: string]: unknown }[] = [];
  const log: Log = (_level, event, fields) => logged.push({ event, ...fields });
  return { writes: new BatchedWrites({ send } as unknown as DynamoDBClient, log), sent, logged };
}

const ofRow = (pk: string, more: Partial<BatchedUpdate> = {}): BatchedUpdate => ({
  tableName: 'tasks',
  key: { pk: s(pk) },
  condition: all(equals('status', s('queued')), any(missing('notBefore'), atMost('notBefore', n(7)))),
  set: { leaseToken: s('lease'), attempt: plus(n(1)), startedAt: n(7) },
  remove: ['notBefore', 'progress'],
  ...more,
});

const written = (count: number) => ({ Responses: Array.from({ length: count }, () => ({ Item: { by: s('all') } })) });
const refusal = (name: string, $fault: 'client' | 'server') =>
  new DynamoDBServiceException({ name, $fault, message: name, $metadata: {} });

test('writes what is asked for in one turn with one request, in PartiQL', async () => {
  const { writes, sent } = recording(written);
  const both = await Promise.all([writes.update(ofRow('a')), writes.update(ofRow('b', { blind: true }))]);
  expect(both).toEqual([{ written: { by: s('all') } }, { written: { by: s('all') } }]);
  const text =
    'UPDATE "tasks" SET "leaseToken" = ? SET "attempt" = attempt + ? SET "startedAt" = ? REMOVE "notBefore" ' +
    'REMOVE "progress" WHERE "pk" = ? AND ("status" = ? AND ("notBefore" IS MISSING OR "notBefore" <= ?))';
  const parameters = (pk: string) => [s('lease'), n(1), n(7), s(pk), s('queued'), n(7)];
  const more = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  expect(sent).toEqual([
    {
      name: 'BatchExecuteStatementCommand',
      input: {
        Statements: [
          { Statement: `${text} RETURNING ALL NEW *`, Parameters: parameters('a'), ...more },
          { Statement: text, Parameters: parameters('b'), ...more },
        ],
      },
    },
  ]);
});

test('writes one alone as itself', async () => {
  const { writes, sent } = recording(written);
  expect(await writes.update(ofRow('a'))).toEqual({ written: { by: s('itself') } });
  expect(sent.map(({ name }) => name)).toEqual(['UpdateItemCommand']);
});

test('sends no more than 25 statements at a time, and one for a row', async () => {
  const { writes, sent } = recording(written);
  const names = [...Array.from({ length: 27 }, (_, index) => `row ${index}`), 'row 26'];
  await Promise.all(names.map((name) => writes.update(ofRow(name))));
  const counts = sent.map(({ name, input }) => (name === 'UpdateItemCommand' ? 1 : (input.Statements as []).length));
  expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 25]);
});

test('says of each what its condition has come to', async () => {
  const refused = (item?: object) => ({ Error: { Code: 'ConditionalCheckFailed', Item: item } });
  const { writes, sent } = recording(() => ({
    Responses: [{}, refused({ by: s('other') }), { Item: { by: s('it') } }],
  }));
  const all = await Promise.all([
    writes.update(ofRow('a', { blind: true })),
    ...['b', 'c'].map((name) => writes.update(ofRow(name))),
  ]);
  expect(all).toEqual([{ written: {} }, { refusedBy: { by: s('other') } }, { written: { by: s('it') } }]);
  expect(sent).toHaveLength(1);
});

test('takes a row that a condition refused, and that is not told, for one that is not there', async () => {
  const { writes, sent } = recording(() => ({
    Responses: [{ Item: {} }, { Error: { Code: 'ConditionalCheckFailed' } }],
  }));
  const [, last] = await Promise.all(['a', 'b'].map((name) => writes.update(ofRow(name))));
  expect(last).toEqual({ refusedBy: undefined });
  expect(sent).toHaveLength(1);
});

test.each([
  ['has no answer', [], 'NoAnswer'],
  ['was written, and does not say what is there now', [{}], 'NoAnswer'],
  ['is not understood', [{ Error: { Code: 'ValidationError' } }], 'ValidationError'],
])('asks again, alone, where a statement %s, and says so', async (_, answers, refusal) => {
  const { writes, logged } = recording(() => ({ Responses: [{ Item: {} }, ...answers] }));
  const [, last] = await Promise.all(['a', 'b'].map((name) => writes.update(ofRow(name))));
  expect(last).toEqual({ written: { by: s('itself') } });
  expect(logged).toEqual([{ event: 'batched write sent alone', refusal, table: 'tasks' }]);
});

test.each(['ThrottlingError', 'ProvisionedThroughputExceeded', 'RequestLimitExceeded', 'InternalServerError'])(
  'fails a statement that ends with %s, and no other: a request of its own would be one more',
  async (Code) => {
    const { writes, sent } = recording(() => ({ Responses: [{ Error: { Code } }, { Item: {} }] }));
    const all = await Promise.allSettled(['a', 'b'].map((name) => writes.update(ofRow(name))));
    expect(all).toMatchObject([{ status: 'rejected', reason: { name: Code } }, { value: { written: {} } }]);
    expect(sent).toHaveLength(1);
  },
);

test('writes alone all that were refused together, and says so', async () => {
  const { writes, logged } = recording(() => {
    throw refusal('ValidationException', 'client');
  });
  expect(await Promise.all(['a', 'b'].map((name) => writes.update(ofRow(name))))).toEqual(
    Array(2).fill({ written: { by: s('itself') } }),
  );
  expect(logged).toEqual(
    Array(2).fill({ event: 'batched write sent alone', refusal: 'ValidationException', table: 'tasks' }),
  );
});

test.each([
  ['does not answer: they would each wait as long again', 'InternalServerError', 'server'],
  ['has too much to do: it would have more', 'ProvisionedThroughputExceededException', 'client'],
] as const)('fails for all where the table %s', async (_, name, fault) => {
  const { writes, sent } = recording(() => {
    throw refusal(name, fault);
  });
  const all = await Promise.allSettled(['a', 'b'].map((name) => writes.update(ofRow(name))));
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(sent).toHaveLength(1);
});

const made = (pk: string) => ({ tableName: 'tasks', row: { pk: s(pk), attempt: n(0) } });
const alone = async () => 'by itself' as const;

test('makes rows with one request, together with what is written to others', async () => {
  const { writes, sent } = recording(() => ({ Responses: [{}, { Error: { Code: 'DuplicateItem' } }, { Item: {} }] }));
  const all = await Promise.all([
    writes.insert(made('a'), alone),
    writes.insert(made('b'), alone),
    writes.update(ofRow('c')),
  ]);
  expect(all).toEqual(['inserted', 'exists', { written: {} }]);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.input.Statements).toMatchObject([
    { Statement: `INSERT INTO "tasks" VALUE {'pk': ?, 'attempt': ?}`, Parameters: [s('a'), n(0)] },
    { Parameters: [s('b'), n(0)] },
    {},
  ]);
});

test('makes one alone as its caller does', async () => {
  const { writes, sent } = recording(written);
  expect(await writes.insert(made('a'), alone)).toBe('by itself');
  expect(sent).toEqual([]);
});

test('makes a row alone that was refused for another reason, and says so', async () => {
  const { writes, logged } = recording(() => ({ Responses: [{}, { Error: { Code: 'ValidationError' } }] }));
  const all = await Promise.all(['a', 'b'].map((pk) => writes.insert(made(pk), alone)));
  expect(all).toEqual(['inserted', 'by itself']);
  expect(logged).toEqual([{ event: 'batched write sent alone', refusal: 'ValidationError', table: 'tasks' }]);
});
