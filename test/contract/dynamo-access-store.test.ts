import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { inject } from 'vitest';
import { DynamoAccessStore } from '../../functions/adapters/dynamo/access-store.ts';
import { awsClient } from '../doubles/aws-client.ts';
import { accessStoreContract } from './access-store-contract.ts';

accessStoreContract(
  'DynamoDB',
  () => new DynamoAccessStore(new DynamoDBClient(awsClient), inject('stack').accessTable),
);
