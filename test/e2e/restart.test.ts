import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';

/** A stack of its own: the one of the other tests is never stopped. */
const stateDirectory = await mkdtemp(join(tmpdir(), 'millrace-restart-'));
let running: LocalStack | undefined;
afterAll(async () => {
  running?.kill();
  await running?.ended;
  await rm(stateDirectory, { recursive: true, force: true });
});

async function ask(stack: LocalStack, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(stack.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

/** What the statistics come to within half a minute. */
const counts = (stack: LocalStack) =>
  expect.poll(async () => (await ask(stack, 'GET', '/api/stats')).total, { timeout: 30_000 });

it('a local cloud that is started again goes on where it was: its tasks, its key, what it has counted', async () => {
  const render = { type: 'markdown.render', input: { markdown: '# hi' } };
  const first = await startLocalStack({ stateDirectory });
  running = first;
  const kept = await ask(first, 'POST', '/api/tasks', render);
  await counts(first).toMatchObject({ accepted: 1, succeeded: 1 });
  // Its end is told to nobody before the stop.
  const late = await ask(first, 'POST', '/api/tasks', render);
  expect(await first.stop()).toBe(true);

  const again = await startLocalStack({ stateDirectory });
  running = again;
  expect({ url: again.url, apiKey: again.apiKey }).toEqual({ url: first.url, apiKey: first.apiKey });
  expect(await ask(again, 'GET', `/api/tasks/${kept.id}`)).toMatchObject({ status: 'succeeded' });
  await ask(again, 'POST', '/api/tasks', render);
  await counts(again).toMatchObject({ accepted: 3, succeeded: 3 });
  expect(await ask(again, 'GET', `/api/tasks/${late.id}`)).toMatchObject({ status: 'succeeded' });
}, 180_000);
