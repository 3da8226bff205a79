import { BatchGetItemCommand, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { aws, isOfSdk } from './templated-clients.ts';

describe('a read by a template', () => {
  it.each<[string, Record<string, unknown> | undefined]>([
    ['bytes', { data: { B: 'AQIDgP8=' } }],
    ['no bytes at all', { data: { B: '' } }],
    ['bytes within others', { data: { M: { B: { L: [{ B: 'AQID' }, { S: 'AQID' }] } } } }],
    ['a text by the name of bytes', { B: { S: 'AQID' }, data: { S: '"B":"AQID"' } }],
    ['an attribute of bytes by their name', { B: { B: 'AQID' } }],
    ['nothing', undefined],
  ])('gives %s as a call of the SDK does', async (_, row) => {
    // Others than DynamoDB write blanks.
    const body = JSON.stringify(row === undefined ? {} : { Item: row }, undefined, 1);
    const { dynamo, plain, seen } = await aws(() => ({ body }));
    const get = () => new GetItemCommand({ TableName: 't', Key: { pk: { S: 'a' } } });
    await dynamo.send(get());
    const [ours, theirs] = [await dynamo.send(get()), await plain.send(get())];
    expect(seen.map(isOfSdk)).toEqual([true, false, true]);
    expect(ours.Item).toEqual(theirs.Item);
  });

  it.each([
    [
      'a query',
      new QueryCommand({
        TableName: 't',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'a' } },
      }),
      {
        Items: [{ data: { B: 'AQID' }, order: { S: '1' } }],
        Count: 1,
        ScannedCount: 2,
        LastEvaluatedKey: { pk: { S: 'a' } },
      },
    ],
    [
      'rows by their keys',
      new BatchGetItemCommand({ RequestItems: { t: { Keys: [{ pk: { S: 'a' } }] } } }),
      {
        Responses: { t: [{ data: { B: 'AQID' } }], B: [{ B: { N: '1' } }] },
        UnprocessedKeys: { t: { Keys: [{ pk: { S: 'b' } }] } },
      },
    ],
  ])('gives %s as a call of the SDK does', async (_, command, answer) => {
    const { dynamo, plain, seen } = await aws(() => ({ body: answer }));
    const told = async (client: typeof dynamo) => {
      const { $metadata: _of, ...output } = await client.send(command as QueryCommand);
      return output;
    };
    await told(dynamo);
    expect(await told(dynamo)).toEqual(await told(plain));
    expect(seen.map(isOfSdk)).toEqual([true, false, true]);
  });
});
