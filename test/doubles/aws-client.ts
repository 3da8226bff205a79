import { inject } from 'vitest';

/** A client of the AWS SDK needs these to reach the stack under test. */
export const awsClient = {
  endpoint: inject('stack').awsEndpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
