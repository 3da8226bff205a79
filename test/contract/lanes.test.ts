import { CreateTableCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Lambda } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  DynamoLaneLoads,
  DynamoLaneSnapshot,
  DynamoRateBuckets,
  DynamoWaiterSlots,
} from '../../functions/adapters/dynamo/control-table.ts';
import { LambdaEventSources } from '../../functions/adapters/event-sources.ts';
import { SqsQueueDepths } from '../../functions/adapters/sqs/task-queue.ts';
import { type LaneState, NO_LOAD } from '../../functions/core/lane/lane.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { MemoryLaneLoads, MemoryLaneSnapshot } from '../doubles/memory-lanes.ts';
import { MemoryRateBuckets } from '../doubles/memory-rate-buckets.ts';
import { MemoryWaiterSlots } from '../doubles/memory-waiter-slots.ts';
import { tenant } from '../doubles/task-seed.ts';

const { isSecond = false } = inject('stack');
const dynamo = new DynamoDBClient(awsClient);
/** This file has a table of its own: the router of the deployed stack would read what it writes, and the governor overwrite it. */
const controlTable = `contract-control-${Date.now()}`;
beforeAll(() =>
  dynamo.send(
    new CreateTableCommand({
      TableName: controlTable,
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  ),
);
const queueUrlPrefix = `${awsClient.endpoint}/000000000000/contract-`;
const sqs = new SQSClient({ ...awsClient, useQueueUrlAsEndpoint: false });

describe.each([
  ['memory', new MemoryLaneLoads()],
  ['DynamoDB', new DynamoLaneLoads(dynamo, controlTable)],
])('what executors do for lanes, in %s', (_, loads) => {
  it('is added up lane by lane', async () => {
    const [one, other, none] = ['one', 'other', 'none'].map((name) => `default/high/${name}-${Date.now()}`) as [
      string,
      string,
      string,
    ];
    const load = { tasks: 5, messages: 3, invocations: 1, busyMilliseconds: 250.5, cpuMilliseconds: 100.25 };
    await loads.add(one, load);
    await loads.add(one, load);
    await loads.add(other, load);
    expect(await loads.read([one, other, none])).toEqual(
      new Map([
        [one, { tasks: 10, messages: 6, invocations: 2, busyMilliseconds: 501, cpuMilliseconds: 200.5 }],
        [other, load],
      ]),
    );
  });
});

describe.each([
  ['memory', new MemoryLaneSnapshot()],
  ['DynamoDB', new DynamoLaneSnapshot(dynamo, controlTable)],
])('the snapshot of the lanes, in %s', (_, snapshot) => {
  it('is what was written last', async () => {
    const lane: LaneState = {
      executorKey: 'default/high/0',
      at: Date.now(),
      depth: 3,
      inFlight: 1,
      maxConcurrency: 4,
      batchSize: 10,
      demands: [1, 0],
      isAdmitting: true,
      load: NO_LOAD,
      tasksPerMessage: 1.5,
      secondsPerInvocation: 0.2,
      held: { concurrency: 8, until: Date.now() },
    };
    const { held: _held, secondsPerInvocation: _seconds, ...fresh } = lane;
    await snapshot.write([lane]);
    await snapshot.write([lane, { ...fresh, executorKey: 'default/low/0' }]);
    expect(await snapshot.read()).toEqual([lane, { ...fresh, executorKey: 'default/low/0' }]);
    await snapshot.write([]);
    expect(await snapshot.read()).toEqual([]);
  });
});

it('a snapshot that another version has written is none', async () => {
  const item = { pk: { S: 'lanes' }, lanes: { S: '[{"executorKey":"default/high/0"}]' } };
  await dynamo.send(new PutItemCommand({ TableName: controlTable, Item: item }));
  expect(await new DynamoLaneSnapshot(dynamo, controlTable).read()).toEqual([]);
});

describe.each([
  ['memory', new MemoryRateBuckets()],
  ['DynamoDB', new DynamoRateBuckets(dynamo, controlTable)],
])('the bucket of a rate, in %s', (_, buckets) => {
  const run = Date.now().toString(36);
  const draws = (name: string, count: number, rate: number, now: number) =>
    Promise.all(Array.from({ length: count }, () => buckets.draw(tenant(`${name}-${run}`), rate, now)));
  const given = async (...asked: Parameters<typeof draws>) =>
    (await draws(...asked)).filter(({ emptyUntil }) => emptyUntil === undefined).length;
  const NOW = Date.now();

  it('gives what it has at once and what comes later as it comes, and says when', async () => {
    expect(await given('bucket', 8, 5, NOW)).toBe(5);
    expect(await draws('bucket', 1, 5, NOW)).toEqual([{ emptyUntil: NOW + 200 }]);
    expect(await given('bucket', 3, 5, NOW + 199)).toBe(0);
    expect(await given('bucket', 3, 5, NOW + 450)).toBe(2);
    expect(await given('bucket', 3, 5, NOW + 600)).toBe(1);
    expect(await given('bucket', 9, 5, NOW + 60_000)).toBe(5);
  });

  it('lets in one fan-out, and the next when as many submits would have been', async () => {
    const [one, other] = ['fans', 'rests'].map((name) => tenant(`${name}-${Date.now()}`));
    if (one === undefined || other === undefined) throw new Error('there are two');
    const now = Date.now();
    expect(await buckets.charge(one, 10_000, now)).toBe(0);
    expect(await buckets.charge(one, 5_000, now + 4_000)).toBe(6_000);
    expect(await buckets.charge(other, 5_000, now)).toBe(0);
    expect(await buckets.charge(one, 5_000, now + 10_000)).toBe(0);
    expect(await buckets.charge(one, 1, now + 14_999)).toBe(1);
  });

  it('is for one rate of one tenant', async () => {
    expect(await given('one', 9, 3, NOW)).toBe(3);
    expect(await given('one', 9, 4, NOW)).toBe(4);
    expect(await given('other', 9, 3, NOW)).toBe(3);
  });

  it.each([3, 7, 300])('loses nothing by rounding, at a rate of %i', async (rate) => {
    expect(await given(`round-${rate}`, rate + 1, rate, NOW)).toBe(rate);
    for (let second = 1; second < 4; second++) {
      expect(await given(`round-${rate}`, rate + 1, rate, NOW + second * 1000)).toBe(rate);
    }
  });
});

it('routers that draw from one bucket at the same time get no more than it has', async () => {
  const routers = Array.from({ length: 8 }, () => new DynamoRateBuckets(dynamo, controlTable));
  const now = Date.now();
  const draw = (place: number) => routers[place % 8]?.draw(tenant(`race-${now}`), 20, now);
  const drawn = await Promise.all(Array.from({ length: 80 }, (_, place) => draw(place)));
  expect(drawn.filter((one) => one?.emptyUntil === undefined)).toHaveLength(20);
});

describe.each([
  ['memory', (slots: number) => new MemoryWaiterSlots(slots)],
  [
    'DynamoDB',
    (slots: number) => new DynamoWaiterSlots(dynamo, { tableName: controlTable, slots, random: Math.random }),
  ],
])('the slots of those who wait, in %s', (_, makeSlots) => {
  /** The slots of a test are free when those of the test before are over. */
  let now = Date.now();
  beforeEach(() => {
    now += 1_000_000;
  });
  const takeAll = async (slots: ReturnType<typeof makeSlots>, count: number, until = now + 30_000) =>
    (await Promise.all(Array.from({ length: count }, () => slots.take(now, until)))).filter(
      (slot) => slot !== undefined,
    );

  it('are as many as there are, each for one', async () => {
    const slots = makeSlots(3);
    const taken = [await slots.take(now, now + 10), await slots.take(now, now + 20), await slots.take(now, now + 30)];
    expect(new Set(taken.map((slot) => slot?.number)).size).toBe(3);
    expect(await slots.take(now, now + 40)).toBeUndefined();
  });

  it('are free once they are given back', async () => {
    const slots = makeSlots(1);
    const slot = await slots.take(now, now + 30_000);
    expect(await slots.take(now, now + 30_000)).toBeUndefined();
    if (slot !== undefined) await slots.release(slot);
    expect(await slots.take(now + 1, now + 30_001)).toBeDefined();
  });

  it('are free when their time is over, and whoever had one then gives back nothing of the next', async () => {
    const slots = makeSlots(1);
    const killed = await slots.take(now, now + 1_000);
    expect(await slots.take(now + 999, now + 5_000)).toBeUndefined();
    const next = await slots.take(now + 1_000, now + 6_000);
    expect(next).toBeDefined();
    if (killed !== undefined) await slots.release(killed);
    expect(await slots.take(now + 2_000, now + 7_000)).toBeUndefined();
  });

  it('are none where nobody may wait', async () => {
    expect(await makeSlots(0).take(now, now + 1)).toBeUndefined();
  });

  it('are never more than there are, however many come at once', async () => {
    const slots = makeSlots(120);
    const taken = await takeAll(slots, 150);
    expect(taken.length).toBeLessThanOrEqual(120);
    expect(taken.length).toBeGreaterThan(110);
    expect(new Set(taken.map(({ number }) => number)).size).toBe(taken.length);
    await Promise.all(taken.map((slot) => slots.release(slot)));
    expect((await takeAll(slots, 60)).length).toBe(60);
  });
});

describe('the lanes on AWS', () => {
  /** Nobody else changes this one: both projects have the same Lambda. */
  const [lane, executor, batchSize] = isSecond
    ? ['cpu-intensive-express-0', 'executor-cpu-intensive-0', 2]
    : ['memory-intensive-express-0', 'executor-memory-intensive-0', 1];
  const sources = new LambdaEventSources(new Lambda(awsClient), 'arn:aws:sqs:us-east-1:000000000000:millrace-');

  it('have an event source each, whose maximum can be changed', async () => {
    const found = await sources.find(lane, executor);
    expect(found).toMatchObject({ maxConcurrency: 2, batchSize, isSettled: true });
    await sources.setMaxConcurrency(found.id, found.maxConcurrency + 1);
    expect(await sources.find(lane, executor)).toEqual({
      ...found,
      maxConcurrency: found.maxConcurrency + 1,
    });
    await sources.setMaxConcurrency(found.id, found.maxConcurrency);
    await expect(sources.setMaxConcurrency(found.id, 1)).rejects.toThrow();
    await expect(sources.find('no-such-queue', executor)).rejects.toThrow('nothing takes from');
    const other = sources.find(lane, 'executor-default-0');
    await expect(other).rejects.toThrow('for millrace-executor-default-0');
  });

  it('tell how many messages wait and how many are in flight', async () => {
    const depths = new SqsQueueDepths(sqs, queueUrlPrefix);
    const name = `depths-${Date.now()}`;
    await sqs.send(new CreateQueueCommand({ QueueName: `contract-${name}` }));
    const before = await depths.read(name);
    await sqs.send(
      new SendMessageCommand({ QueueUrl: queueUrlPrefix + name, MessageBody: 'x', MessageGroupId: 'contract' }),
    );
    expect(await depths.read(name)).toEqual({ ...before, depth: before.depth + 1 });
    await expect(depths.read('no-such-queue')).rejects.toThrow();
  });
});
