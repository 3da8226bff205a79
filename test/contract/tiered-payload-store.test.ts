import { zstdCompressSync } from 'node:zlib';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, inject, it } from 'vitest';
import { TieredPayloadStore } from '../../functions/adapters/payload-store.ts';
import { keptUntil, MAX_WIRE_BYTES } from '../../functions/core/task/payload.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { taskSeed, tenant } from '../doubles/task-seed.ts';
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

describe('a payload that is kept longer', () => {
  const random = Array.from({ length: 20_000 }, () => Math.random());
  const { tenantId, id } = taskSeed();
  const soon = () => keptUntil(Date.now(), 14) - 1000;

  it.each([
    ['payloads', soon()],
    ['scheduled', soon() + 86_400_000],
  ])('stays under %s/, as often as that is done, and is no second object elsewhere', async (prefix, keepUntil) => {
    const payload = await makeStore().put(tenantId, id, 'input', random, keepUntil);
    const ref = `${prefix}/${tenantId}/${id}/input`;
    expect(payload).toEqual({ ref });
    const { ETag: tag, LastModified: first } = await s3.send(
      new HeadObjectCommand({ Bucket: payloadBucket, Key: ref }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1100));
    for (let retries = 0; retries < 3; retries++) await makeStore().keep(payload, soon());
    expect(await makeStore().get(tenantId, payload)).toEqual(random);
    const { ETag, LastModified } = await s3.send(new HeadObjectCommand({ Bucket: payloadBucket, Key: ref }));
    expect(ETag).toBe(tag);
    expect(LastModified?.getTime()).toBeGreaterThan(first?.getTime() ?? 0);
    await s3.send(new DeleteObjectCommand({ Bucket: payloadBucket, Key: ref }));
    const other = `${prefix === 'payloads' ? 'scheduled' : 'payloads'}/${tenantId}/${id}/input`;
    await expect(s3.send(new HeadObjectCommand({ Bucket: payloadBucket, Key: other }))).rejects.toThrow();
  });

  it('is an item of the table with a later end', async () => {
    const payload = await makeStore().put(tenantId, id, 'input', 'x'.repeat(50_000), 1_800_000_000_000);
    await makeStore().keep(payload, 1_900_000_000_500);
    const { Item: item } = await dynamo.send(
      new GetItemCommand({ TableName: tasksTables[0], Key: { pk: { S: `${tenantId}#${id}#input` } } }),
    );
    expect(item).toMatchObject({ expiresAt: { N: '1900000001' } });
  });
});

describe('an object', () => {
  const json = Buffer.from(JSON.stringify('ä€𝄞'.repeat(100_000)));
  const whole = zstdCompressSync(json);
  const read = async (bytes: Uint8Array) => {
    const ref = 'payloads/acme/made-by-a-test/input';
    await s3.send(new PutObjectCommand({ Bucket: payloadBucket, Key: ref, Body: bytes }));
    return makeStore().get(tenant('acme'), { ref });
  };

  it('is put together from its pieces, whatever they cut apart', async () => {
    expect(await read(whole)).toBe('ä€𝄞'.repeat(100_000));
  });

  it('that is more than a payload may be, once it is decompressed, is given up', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(500_000_000));
    expect(bomb.length).toBeLessThan(100_000);
    const before = process.memoryUsage().rss;
    await expect(read(bomb)).rejects.toThrow(`a payload is larger than ${MAX_WIRE_BYTES} bytes`);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it.each([
    ['cut short', whole.subarray(0, whole.length / 2)],
    ['not compressed', json],
    ['empty', Buffer.alloc(0)],
  ])('that is %s is an error', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow();
  });
});
