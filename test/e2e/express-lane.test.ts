import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { post, submit, until } from './api.ts';
import { grant } from './grant.ts';
import { type Receiver, startReceiver } from './receiver.ts';

/** By then the router has looked at the lane again. */
const LOOKED_AGAIN_MILLISECONDS = 6_500;

const noisyTasks = Promise.withResolvers<void>();
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver(() => async (request, response) => {
    if (request.url === '/noisy') await noisyTasks.promise;
    response.end('done');
  });
});
afterAll(async () => {
  noisyTasks.resolve();
  await receiver.close();
});

it('a task runs at once while those of another tenant hold every executor of its lane', async () => {
  const [noisy, quiet] = [await grant('noisy', ['submit', 'read']), await grant('quiet', ['submit', 'read'])];
  const to = (path: string) => ({ type: 'http.request', priority: 'low', input: { url: receiver.url + path } });
  const { body } = await post('/api/tasks/batch', { tasks: Array(200).fill(to('/noisy')) }, { key: noisy });
  expect(body).toMatchObject({ accepted: 200 });
  await sleep(LOOKED_AGAIN_MILLISECONDS);

  const { id } = await submit(to('/quiet'), { key: quiet });
  const done = await until(id, 'succeeded', 45, quiet);
  expect(done).toMatchObject({ priority: 'low', executorKey: 'io-intensive/express/0', attempt: 1 });

  noisyTasks.resolve();
  const [last] = (body.results as { task: { id: string } }[]).slice(-1);
  await until(last?.task.id ?? '', 'succeeded', 45, noisy);
});
