import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { ENV } from '../../../functions/contract.ts';
import { installMessages } from '../../../functions/core/zod-messages.ts';
import { taskPorts } from '../../../functions/runtime/wiring.ts';

const SETTINGS = {
  tasksTables: 'tasks-0,tasks-1',
  indexShards: '4',
  retentionDays: '14',
  payloadBucket: 'payloads',
  queueUrlPrefix: 'https://sqs.eu-central-1.amazonaws.com/1/millrace-',
  definitionsTable: 'definitions',
  classes: '{}',
} as const;

afterEach(() => {
  vi.unstubAllEnvs();
  installMessages();
});

it('a door that works with tasks says what would be right, and not what zod says', () => {
  z.config({ customError: undefined });
  for (const [name, value] of Object.entries(SETTINGS)) vi.stubEnv(ENV[name as keyof typeof SETTINGS], value);
  const region = { region: 'eu-central-1' };
  taskPorts(new DynamoDBClient(region), new SQSClient(region), { record: () => {} }, {});
  expect(z.string().safeParse(5).error?.issues).toMatchObject([{ message: 'must be a string, not a number' }]);
});
