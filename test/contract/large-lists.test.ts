import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoTaskStore } from '../../functions/adapters/dynamo/task-store.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { largeListsContract } from './large-lists-contract.ts';

/** The local cloud looks through a table for each query, so that the 10,000 of the unit test would take minutes. */
const TASKS = 1_000;
const SHARDS = 8;
const options = { tableNames: inject('stack').tasksTables, indexShards: SHARDS, retentionDays: 14 };

/** Counts the read units of what a store has asked for since the last time. */
function metered() {
  let units = 0;
  const client = new DynamoDBClient(awsClient);
  client.middlewareStack.add(
    (next) => async (args) => {
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input;
      const result = await next({ ...args, input });
      const { ConsumedCapacity: consumed = [] } = result.output as { ConsumedCapacity?: Capacity | Capacity[] };
      for (const { CapacityUnits = 0 } of [consumed].flat()) units += CapacityUnits;
      return result;
    },
    { step: 'initialize' },
  );
  const spent = (): number => {
    const since = units;
    units = 0;
    return since;
  };
  return {
    store: new DynamoTaskStore(client, options, () => {}),
    tables: options.tableNames.length,
    shards: SHARDS,
    spent,
  };
}
type Capacity = { readonly CapacityUnits?: number };

largeListsContract('AWS', TASKS, metered);
