import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { DynamoTaskStore } from '../../functions/adapters/dynamo-task-store.ts';
import type { LeaseToken } from '../../functions/core/ids.ts';
import { newTask } from '../../functions/core/task.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed } from '../doubles/task-seed.ts';

const { tasksTables: tableNames } = inject('stack');

/** A client that asks for the capacity of each of its calls and adds it up. */
function meteredClient(): { client: DynamoDBClient; units: () => number } {
  let units = 0;
  const client = new DynamoDBClient(awsClient);
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next({
        ...args,
        input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input,
      });
      const { ConsumedCapacity: consumed } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
      if (consumed?.CapacityUnits === undefined) throw new Error('the call came back without its capacity');
      units += consumed.CapacityUnits;
      return result;
    },
    { step: 'initialize' },
  );
  return { client, units: () => units };
}

it('takes a task from submit to success in at most 7 write units, and shows it for 1 read unit', async () => {
  const { client, units } = meteredClient();
  const store = new DynamoTaskStore(client, { tableNames, indexShards: 4, retentionDays: 14 });
  const seed = taskSeed();
  const now = seed.createdAt;
  await store.insert(newTask(seed));
  const claim = await store.claim(seed, { token: 'lease' as LeaseToken, expiresAt: now + 1000 }, now);
  if (claim.result !== 'claimed') throw new Error(claim.result);
  await store.settle(claim.task, {
    status: 'succeeded',
    output: { inline: { greeting: 'Hello Ada' } },
    finishedAt: now,
  });
  expect(units()).toBeLessThanOrEqual(7);
  const written = units();
  await store.get(seed.tenantId, seed.id, now);
  expect(units() - written).toBe(1);
});
