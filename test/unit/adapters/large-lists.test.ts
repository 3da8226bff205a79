import { DynamoTaskStore } from '../../../functions/adapters/dynamo-task-store.ts';
import { largeListsContract } from '../../contract/large-lists-contract.ts';
import { indexedClient } from '../../doubles/indexed-client.ts';

const SHARDS = 8;

largeListsContract('DynamoDB in memory', 10_000, () => {
  const { client, spent } = indexedClient();
  const options = { tableNames: ['tasks-0', 'tasks-1'], indexShards: SHARDS, retentionDays: 14 };
  return {
    store: new DynamoTaskStore(client, options, () => {}),
    tables: options.tableNames.length,
    shards: SHARDS,
    spent,
  };
});
