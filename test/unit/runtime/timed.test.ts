import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { timed } from '../../../functions/runtime/timed.ts';
import { createWorld } from '../../doubles/world.ts';

/** Makes a client whose calls end as `answer` says, without a network. */
const client = (answer: () => Promise<never>) =>
  new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: { handle: answer },
  });

it('records the time of a call under its operation, even if it fails', async () => {
  const { ports, recorded } = createWorld();
  const refused = timed(
    client(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('refused');
    }),
    ports.meter,
  );
  const get = refused.send(new GetItemCommand({ TableName: 'tasks', Key: { pk: { S: 'a' } } }));
  await expect(get).rejects.toThrow('refused');
  expect(recorded).toEqual([{ of: 'DynamoDB.GetItem', metric: 'awsCall', value: expect.any(Number) }]);
  expect(recorded[0]?.value).toBeGreaterThan(15);
  expect(recorded[0]?.value).toBeLessThan(5_000);
});

it('leaves a client as it is where nobody records', () => {
  const untimed = client(() => Promise.reject(new Error('not called')));
  const middleware = untimed.middlewareStack.identify();
  expect(timed(untimed, undefined)).toBe(untimed);
  expect(untimed.middlewareStack.identify()).toEqual(middleware);
});
