import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll } from 'vitest';
import { S3PayloadStore } from '../../functions/adapters/s3-payload-store.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { payloadStoreContract } from './payload-store-contract.ts';

const client = new S3Client({ ...awsClient, forcePathStyle: true });
const bucket = `payload-store-contract-${Date.now()}`;

beforeAll(async () => {
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
});

payloadStoreContract('S3', () => new S3PayloadStore(bucket, async () => client));
