import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';

let directory = '';
let stack: LocalStack;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-team-'));
  stack = await startLocalStack({ stateDirectory: directory, port: 4690, app: 'node test/e2e/team-app.ts' });
}, 400_000);

afterAll(async () => {
  stack?.kill();
  await stack?.ended;
  await rm(directory, { recursive: true, force: true });
});

async function call(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(`${stack.url}${path}`, { ...init, headers });
  return (await response.json()) as Record<string, unknown>;
}

/** Runs a task of a type to its end. */
async function run(type: string): Promise<Record<string, unknown>> {
  const { id } = await call('/api/tasks', { method: 'POST', body: JSON.stringify({ type, input: {} }) });
  for (let seconds = 0; seconds < 60; seconds++) {
    const task = await call(`/api/tasks/${id}`);
    if (task.status === 'failed') throw new Error(JSON.stringify(task.error));
    if (task.status === 'succeeded') return task;
    await sleep(1000);
  }
  throw new Error(`the task of type ${type} has not ended`);
}

it('a handler has the variable and the secrets of its class, and its role lets it read them', async () => {
  expect(await run('report.monthly')).toMatchObject({
    status: 'succeeded',
    output: { table: 'orders', secret: 'sk_live', parameter: 'a key', credentials: 'some' },
  });
}, 90_000);

it('so has an isolated one, without credentials', async () => {
  expect(await run('report.isolated')).toMatchObject({
    status: 'succeeded',
    output: { table: 'orders', secret: 'sk_live', parameter: 'a key', credentials: 'none' },
  });
}, 90_000);

it('has no other class beside', async () => {
  const { items } = await call('/api/lanes');
  expect(new Set((items as { resourceClass: string }[]).map(({ resourceClass }) => resourceClass))).toEqual(
    new Set(['reports']),
  );
}, 30_000);
