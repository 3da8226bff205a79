import { BatchGetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { n, s } from '../../../../functions/adapters/dynamo/requests/row.ts';
import { LaggingIndex } from '../../../../functions/adapters/memory/lagging-index.ts';
import { MemoryTaskStore } from '../../../../functions/adapters/memory/memory-task-store.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { firstPage } from '../../../doubles/due-tasks.ts';
import { indexedClient } from '../../../doubles/indexed-client.ts';
import { lagOf } from '../../../doubles/lag-of.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const readsOf = (index: LaggingIndex<string>): string[] => {
  const found = index.read().map(([row, entry]) => `${row}: ${entry}`);
  index.age();
  return found;
};

describe('an index that lags', () => {
  it('lists a row as it was, then twice or not at all, then as it is', () => {
    const twice = new LaggingIndex<string>(() => ({ oldEntryReads: 1, newEntryReads: 0 }));
    const never = new LaggingIndex<string>(() => ({ oldEntryReads: 0, newEntryReads: 1 }));
    for (const index of [twice, never]) {
      index.put('row', 'open');
      readsOf(index);
      index.put('row', 'failed');
    }
    expect([readsOf(twice), readsOf(twice)]).toEqual([['row: open', 'row: failed'], ['row: failed']]);
    expect([readsOf(never), readsOf(never)]).toEqual([[], ['row: failed']]);
  });

  it('lists for a while what is gone, and not what nobody has seen', () => {
    const index = new LaggingIndex<string>(() => ({ oldEntryReads: 2, newEntryReads: 1 }));
    index.put('row', 'open');
    index.put('other', 'open');
    index.remove('other');
    expect(readsOf(index)).toEqual([]);
    index.remove('row');
    expect([readsOf(index), readsOf(index), readsOf(index)]).toEqual([['row: open'], ['row: open'], []]);
  });

  it('is late by chance, the same for the same seed', () => {
    const lags = [1, 1, 2].map((seed) => Array.from({ length: 100 }, lagOf(seed)));
    expect(lags[0]).toEqual(lags[1]);
    expect(lags[0]).not.toEqual(lags[2]);
    expect(lags[0]?.filter(({ oldEntryReads }) => oldEntryReads > 0).length).toBeGreaterThan(20);
    expect(lags[0]?.filter(({ newEntryReads }) => newEntryReads === 0).length).toBeGreaterThan(20);
  });
});

describe('the stores of the tests', () => {
  it('keep a place in the page for what was released, and leave it out', async () => {
    const store = new MemoryTaskStore({ lag: () => ({ oldEntryReads: 1, newEntryReads: 0 }) });
    const seeds = [1, 2, 3].map(() => taskSeed());
    for (const [place, seed] of seeds.entries()) await store.insert(newTask(seed), place);
    const [first] = await firstPage(store.due(10, 2));
    if (first !== undefined) await store.release(first);
    expect((await firstPage(store.due(10, 2))).map(({ task }) => task.id)).toEqual([seeds[1]?.id]);
    expect((await firstPage(store.due(10, 2))).map(({ task }) => task.id)).toEqual([seeds[1]?.id, seeds[2]?.id]);
  });

  it('refuse to read a row twice in one request', async () => {
    const { id, tenantId } = taskSeed();
    await expect(new MemoryTaskStore().getAll(tenantId, [id, id], 0)).rejects.toThrow('duplicates');
    const keys = ['a', 'b', 'a'].map((pk) => ({ pk: s(pk) }));
    const request = new BatchGetItemCommand({ RequestItems: { tasks: { Keys: keys } } });
    await expect(indexedClient().client.send(request)).rejects.toThrow('duplicates');
  });

  it('show a row under two statuses while an index of a table lags', async () => {
    const { client, put } = indexedClient({ lag: () => ({ oldEntryReads: 1, newEntryReads: 0 }) });
    const groups = async (...names: string[]): Promise<number[]> => {
      const found = names.map((name) =>
        client.send(
          new QueryCommand({
            TableName: 'tasks',
            KeyConditionExpression: '#statusGroup = :statusGroup',
            ExpressionAttributeValues: { ':statusGroup': s(name) },
            ScanIndexForward: false,
            Limit: 10,
          }),
        ),
      );
      return (await Promise.all(found)).map(({ Items: items = [] }) => items.length);
    };
    const row = { pk: s('acme#1'), order: s('A'), statusGroup: s('open'), attempt: n(1) };
    put('tasks', row);
    expect(await groups('open')).toEqual([1]);
    put('tasks', { ...row, statusGroup: s('failed') });
    expect(await groups('open')).toEqual([1]);
    expect(await groups('open', 'failed')).toEqual([0, 1]);
  });
});
