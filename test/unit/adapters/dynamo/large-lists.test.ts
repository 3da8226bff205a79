import { expect, it, onTestFinished, vi } from 'vitest';
import { DynamoTaskStore } from '../../../../functions/adapters/dynamo/task-store.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { largeListsContract } from '../../../contract/large-lists-contract.ts';
import { indexedClient } from '../../../doubles/indexed-client.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const SHARDS = 8;
const options = { tableNames: ['tasks-0', 'tasks-1'], indexShards: SHARDS, retentionDays: 14 };

largeListsContract('DynamoDB in memory', 10_000, () => {
  const { client, spent } = indexedClient();
  return {
    store: new DynamoTaskStore(client, options, () => {}),
    tables: options.tableNames.length,
    shards: SHARDS,
    spent,
  };
});

it('a page that takes long ends where it is, and the next goes on there', async () => {
  const { client } = indexedClient();
  const store = new DynamoTaskStore(client, options, () => {});
  const now = Date.UTC(2026, 0, 2);
  const seeds = Array.from({ length: 3_000 }, (_, number) =>
    taskSeed({ createdAt: now - number, runAt: now + 1, type: number % 1_000 === 999 ? 'rare' : 'common' }),
  );
  for (const seed of seeds) await store.insert(newTask(seed));
  let elapsed = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => elapsed);
  onTestFinished(() => void vi.restoreAllMocks());
  const send = client.send.bind(client) as (command: object) => Promise<object>;
  Object.assign(client, {
    send: (command: object) => {
      elapsed += 200;
      return send(command);
    },
  });
  const found: string[] = [];
  let pages = 0;
  let after: Parameters<typeof store.list>[0]['after'];
  do {
    const began = elapsed;
    const filter = { type: 'rare', status: 'scheduled' } as const;
    const page = await store.list({ tenantId: taskSeed().tenantId, filter, limit: 25, after }, now);
    // The step that was under way is brought to its end.
    expect(elapsed - began).toBeLessThan(5_000 + 200 * 60);
    found.push(...page.tasks.map(({ id }) => id));
    after = page.next;
    pages += 1;
  } while (after !== undefined);
  expect(pages).toBeGreaterThan(1);
  expect(found).toEqual([seeds[999], seeds[1_999], seeds[2_999]].map((seed) => seed?.id));
});
