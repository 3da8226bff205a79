import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { call, post } from './api.ts';

const lambda = new LambdaClient(awsClient);
/** No other test uses this lane. */
const NAME = 'memory-intensive-low-0';

/** Runs the governor, as the clock would start it. */
async function govern(): Promise<void> {
  const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'millrace-governor' }));
  expect(FunctionError, Buffer.from(Payload ?? []).toString()).toBeUndefined();
}

const lane = async () => {
  const { body } = await call('GET', '/api/lanes');
  return (body.items as Record<string, unknown>[]).find(({ name }) => name === NAME);
};

it('the governor gives more executors to a lane with more work, and tells how the lanes are', async () => {
  await govern();
  expect(await lane()).toMatchObject({
    resourceClass: 'memory-intensive',
    kind: 'low',
    priority: 'low',
    admission: 'open',
  });
  const task = { type: 'csv.summarize', priority: 'low', input: { text: 'a\n1' } };
  expect(await post('/api/tasks/batch', { tasks: Array(800).fill(task) })).toMatchObject({ body: { accepted: 800 } });
  await govern();
  // The router reads the lanes every five seconds.
  await expect.poll(async () => (await lane())?.maxConcurrency, { timeout: 30_000 }).toBeGreaterThan(2);
});
