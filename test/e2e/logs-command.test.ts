import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { submit, until } from './api.ts';
import { logsOf } from './logs.ts';

const COMMAND = join(import.meta.dirname, '../../cli/logs.ts');
const { accessKeyId, secretAccessKey } = awsClient.credentials;
const env = {
  AWS_ENDPOINT_URL: awsClient.endpoint,
  AWS_REGION: awsClient.region,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
};

it('npm run logs shows what is logged about a task, and nothing of others', async () => {
  const task = { type: 'markdown.render', input: { markdown: '# hi' } };
  const [one, other] = [await submit(task), await submit(task)];
  await Promise.all([until(one.id, 'succeeded'), until(other.id, 'succeeded')]);
  const logged = async () => (await promisify(execFile)(process.execPath, [COMMAND, '--task', one.id], { env })).stdout;
  // An invocation's lines are there when it has ended, with all the tasks that it was given.
  await expect.poll(logged, { timeout: 60_000 }).toContain(`markdown.render ${one.id} #1  attempt ended`);
  expect(await logged()).not.toContain(other.id);
}, 120_000);

it('a function starts without a word of what runs it', async () => {
  const { id } = await submit({ type: 'markdown.render', input: { markdown: '# hi' } });
  await until(id, 'succeeded');
  const lines = (await Promise.all([0, 1].map((shard) => logsOf(`millrace-executor-default-${shard}`)))).flat();
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => /DeprecationWarning|\[DEP\d+\]/.test(line))).toEqual([]);
});
