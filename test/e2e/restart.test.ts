import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

const LAST_MILLISECONDS = 30_000;

async function ask(stack: LocalStack, method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${stack.apiKey}`, 'content-type': 'application/json' };
  const response = await fetch(stack.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  return (await response.json()) as Record<string, unknown>;
}

/** What the statistics count, once they have come to `succeeded`, or after half a minute. */
async function countsOf(stack: LocalStack, succeeded: number): Promise<Record<string, number>> {
  const deadline = Date.now() + LAST_MILLISECONDS;
  for (;;) {
    const total = (await ask(stack, 'GET', '/api/stats')).total as Record<string, number>;
    if (total.succeeded === succeeded || Date.now() > deadline) return total;
    await sleep(200);
  }
}

it('a local cloud that is started again goes on where it was: its tasks, its key, what it has counted', async () => {
  const render = { type: 'markdown.render', input: { markdown: '# hi' } };
  const first = await startLocalStack({ stateDirectory });
  running = first;
  const kept = await ask(first, 'POST', '/api/tasks', render);
  expect(await countsOf(first, 1)).toMatchObject({ accepted: 1, succeeded: 1 });
  // Its end is told to nobody before the stop.
  const late = await ask(first, 'POST', '/api/tasks', render);
  expect(await first.stop()).toBe(true);

  const again = await startLocalStack({ stateDirectory });
  running = again;
  expect({ url: again.url, apiKey: again.apiKey }).toEqual({ url: first.url, apiKey: first.apiKey });
  expect(await ask(again, 'GET', `/api/tasks/${kept.id}`)).toMatchObject({ status: 'succeeded' });
  await ask(again, 'POST', '/api/tasks', render);
  expect(await countsOf(again, 3)).toMatchObject({ accepted: 3, succeeded: 3 });
  expect(await ask(again, 'GET', `/api/tasks/${late.id}`)).toMatchObject({ status: 'succeeded' });
}, 180_000);
