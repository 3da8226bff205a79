import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoAccessStore } from '../../functions/adapters/dynamo/access-store.ts';
import type { Scope } from '../../functions/contract.ts';
import { hashAccessKey, newAccessKey } from '../../functions/core/tenant/access-key.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { tenant } from '../doubles/task-seed.ts';

/** These are the keys of the deployed API. */
export const access = new DynamoAccessStore(new DynamoDBClient(awsClient), inject('stack').accessTable);

/** Grants a key of its own to whoever asks. */
export async function grant(tenantName: string, scopes: readonly Scope[], name = 'test'): Promise<string> {
  const key = newAccessKey(crypto.getRandomValues(new Uint8Array(32)));
  await access.put(hashAccessKey(key), { tenantId: tenant(tenantName), scopes, name, createdAt: Date.now() });
  return key;
}
