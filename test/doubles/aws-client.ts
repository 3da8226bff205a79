import { inject } from 'vitest';

/** What a client of the AWS SDK needs to reach the stack under test. */
export const awsClient = {
  endpoint: inject('stack').awsEndpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
