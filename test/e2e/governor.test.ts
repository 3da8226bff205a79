import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { call, post } from './api.ts';

const lambda = new LambdaClient(awsClient);

/** A run of the governor, as the clock would start it. */
async function govern(): Promise<void> {
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'millrace-governor' }));
  expect(FunctionError, Buffer.from(Payload ?? []).toString()).toBeUndefined();
}

const lane = async (name: string) => {
  const { body } = await call('GET', '/api/lanes');
  return (body.items as Record<string, unknown>[]).find((item) => item.name === name);
};

it('only one lane has work: within two periods it has the executors of its class', async () => {
  const task = { type: 'csv.summarize', priority: 'low', input: { text: 'a\n1' }, delaySeconds: 0 };
  await govern();
  expect(await lane('memory-intensive-low-0')).toMatchObject({ maxConcurrency: 2, admission: 'open' });
  await Promise.all([1, 2].map(() => post('/api/tasks/batch', { tasks: Array(1000).fill(task) })));
  await govern();
  await govern();
  const low = await lane('memory-intensive-low-0');
  expect(low?.maxConcurrency).toBeGreaterThanOrEqual(8);
  await expect.poll(async () => (await lane('memory-intensive-low-0'))?.depth, { timeout: 50_000 }).toBe(0);
});
