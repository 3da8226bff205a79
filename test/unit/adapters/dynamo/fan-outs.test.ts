import type { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import { DynamoFanOuts } from '../../../../functions/adapters/dynamo/fan-outs.ts';
import { mapConcurrently } from '../../../../functions/core/concurrency.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

/** Makes the records of fan-outs, each with its places; a write of one takes two turns of the event loop. */
function fanOuts(count: number) {
  const records = new Map<string, Set<string>>();
  const writes: string[] = [];
  const send = async ({ input: { Key: key, ...input } }: UpdateItemCommand) => {
    const pk = key?.pk?.S ?? '';
    const places = input.ExpressionAttributeValues?.[':pending']?.NS ?? [];
    if (new Set(places).size < places.length)
      throw new Error('ValidationException: Input collection contains duplicates');
    await new Promise(setImmediate);
    const pending = records.get(pk) ?? new Set(Array.from({ length: count }, (_, place) => String(place)));
    for (const place of places) pending.delete(place);
    records.set(pk, pending);
    writes.push(pk);
    await new Promise(setImmediate);
    return { Attributes: { ...(pending.size > 0 && { pending: { NS: [...pending] } }), onFailure: { S: 'collect' } } };
  };
  const client = { send } as unknown as DynamoDBClient;
  const store = new DynamoFanOuts(client, { tableNames: ['tasks'], indexShards: 1, retentionDays: 14 });
  return { store, writes };
}

const parent = () => ({ tenantId: taskSeed().tenantId, id: taskSeed().id, attempt: 1 });

it.each([
  [10, 110],
  [50, 25],
  [1_000, 2],
])(
  'a thousand ends of one fan-out, %i at a time in an executor, are at most %i writes of its item',
  async (places, most) => {
    const { store, writes } = fanOuts(1_000);
    const one = parent();
    const left = await mapConcurrently(
      [...Array(1_000).keys()],
      places,
      async (place) => (await store.close(one, place))?.pending,
    );
    expect(writes.length).toBeLessThanOrEqual(most);
    // Each that ends learns that its own place is struck out, and one of them that it was the last.
    for (const [place, pending] of left.entries()) expect(pending?.has(place)).toBe(false);
    expect(left.filter((pending) => pending?.size === 0).length).toBeGreaterThan(0);
  },
);

it('one end is one write, and ends of several fan-outs do not wait for one another', async () => {
  const { store, writes } = fanOuts(2);
  const [one, other] = [parent(), parent()];
  expect((await store.close(one, 1))?.pending).toEqual(new Set([0]));
  expect(writes).toHaveLength(1);
  await Promise.all([store.close(one, 0), store.close(one, 0), store.close(other, 0)]);
  expect(writes).toHaveLength(3);
});
