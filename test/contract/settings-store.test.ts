import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { DynamoSettingsStore } from '../../functions/adapters/dynamo/settings-store.ts';
import { awsClient } from '../doubles/aws-client.ts';

let now = Date.now();
const makeStore = () =>
  new DynamoSettingsStore(new DynamoDBClient(awsClient), {
    tableName: inject('stack').definitionsTable,
    clock: () => now,
    log: (_level, event, fields) => {
      throw new Error(`${event}: ${JSON.stringify(fields)}`);
    },
  });
const type = `contract.${Date.now()}`;

it('a change of settings is what it makes of them, and is seen by whoever else has read them', async () => {
  const [one, other] = [makeStore(), makeStore()];
  expect(await other.get(type)).toEqual({});
  expect(await one.change(type, { paused: true, priority: 'high', timeoutSeconds: 20, maxAttempts: 5 })).toEqual({
    paused: true,
    priority: 'high',
    timeoutSeconds: 20,
    maxAttempts: 5,
  });
  expect(await one.change(type, { paused: null, priority: 'low', timeoutSeconds: undefined })).toEqual({
    priority: 'low',
    timeoutSeconds: 20,
    maxAttempts: 5,
  });
  expect(await one.change(type, {})).toEqual({ priority: 'low', timeoutSeconds: 20, maxAttempts: 5 });
  const resumed = { paused: false, resumedAt: now };
  expect(await one.change(type, resumed)).toMatchObject(resumed);
  expect(await makeStore().get(type)).toMatchObject(resumed);
  await one.change(type, { paused: null, resumedAt: null });
  now += 10_000;
  expect(await other.get(type)).toEqual({ priority: 'low', timeoutSeconds: 20, maxAttempts: 5 });
  expect(await one.change(type, { priority: null, timeoutSeconds: null, maxAttempts: null })).toEqual({});
  expect(await other.changedTypes()).toContain(type);
  expect(await other.changedTypes()).not.toContain(`${type}.other`);
});

it('a change is seen at once by whoever asks for what was changed before some time', async () => {
  const [one, other] = [makeStore(), makeStore()];
  expect(await other.get(`${type}.since`)).toEqual({});
  now += 1_000;
  await one.change(`${type}.since`, { paused: false, resumedAt: now });
  expect(await other.get(`${type}.since`)).toEqual({});
  expect(await other.get(`${type}.since`, now)).toEqual({ paused: false, resumedAt: now });
  // A clock that is ahead of this one makes nobody wait.
  expect(await other.get(`${type}.since`, now + 60_000)).toEqual({ paused: false, resumedAt: now });
});
