import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, inject, it } from 'vitest';
import { TieredPayloadStore } from '../../functions/adapters/tiered-payload-store.ts';
import { keptUntil } from '../../functions/core/payload.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { payloadStoreContract } from './payload-store-contract.ts';

const { payloadBucket, tasksTables } = inject('stack');
const s3 = new S3Client({ ...awsClient, forcePathStyle: true });
const dynamo = new DynamoDBClient(awsClient);
const makeStore = () =>
  new TieredPayloadStore(dynamo, async () => s3, {
    tableNames: tasksTables,
    bucket: payloadBucket,
    retentionDays: 14,
  });

payloadStoreContract('AWS', makeStore);

describe('where a payload is kept', () => {
  const { tenantId, id } = taskSeed();
  const random = Array.from({ length: 20_000 }, () => Math.random());

  it('is the table up to 8 KB compressed, and the item ends in time', async () => {
    const payload = await makeStore().put(tenantId, id, 'input', 'x'.repeat(50_000), 1_900_000_000_500);
    const ref = `${tenantId}#${id}#input`;
    expect(payload).toEqual({ ref });
    const { Item: item } = await dynamo.send(
      new GetItemCommand({ TableName: tasksTables[0], Key: { pk: { S: ref } } }),
    );
    expect(item).toMatchObject({ expiresAt: { N: '1900000001' } });
    expect(Object.keys(item ?? {}).toSorted()).toEqual(['data', 'expiresAt', 'pk']);
  });

  it.each([
    ['payloads', keptUntil(Date.now(), 14) - 1000],
    ['scheduled', keptUntil(Date.now(), 14) + 86_400_000],
  ])('is S3 beyond that: %s/, whose objects live long enough', async (prefix, keepUntil) => {
    const payload = await makeStore().put(tenantId, id, 'output-1', random, keepUntil);
    const ref = `${prefix}/${tenantId}/${id}/output-1`;
    expect(payload).toEqual({ ref });
    await expect(s3.send(new HeadObjectCommand({ Bucket: payloadBucket, Key: ref }))).resolves.toBeDefined();
  });
});
