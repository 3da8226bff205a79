import { describe, expect, it } from 'vitest';
import { startUnkindApi, unkind } from './unkind-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
type Api = Awaited<ReturnType<typeof startUnkindApi>>;

/** Does what it is asked for, and says that it has not, and when to try again. */
const doneAndRefused =
  (status: number, retryAfter: string): (typeof unkind)['answerIsLost'] =>
  async (answers, response) => {
    await answers();
    response.writeHead(status, { 'retry-after': retryAfter }).end();
  };

const answered: (typeof unkind)['answerIsLost'] = async (answers, response) => {
  const { status, headers, body } = await answers();
  response.writeHead(status, headers).end(body);
};

const ways = [
  [
    'alone',
    ({ client }: Api, seconds: number | undefined) =>
      client.submit('greet', ada.input, { idempotencyKeyTtlSeconds: seconds }).then(
        () => 'accepted',
        () => 'rejected',
      ),
  ],
  [
    'in a bulk',
    async ({ client }: Api, seconds: number | undefined) =>
      (await client.submitAll([{ ...ada, idempotencyKeyTtlSeconds: seconds }]))[0]?.status,
  ],
] as const;

describe.each(ways)('a submit whose key ends, %s', (_, submit) => {
  it('is not made again where its key would be that of another task', async () => {
    const api = await startUnkindApi(doneAndRefused(503, '2'));
    expect(await submit(api, 1)).toBe('rejected');
    expect(api.seen).toHaveLength(1);
  });

  it.each([60, undefined])('is made again while its key stands for its task (%s s)', async (seconds) => {
    const api = await startUnkindApi(doneAndRefused(503, '1'), unkind.answerIsLost);
    expect(await submit(api, seconds)).toBe('accepted');
    expect(api.seen).toHaveLength(3);
    expect(api.world.recorded.filter(({ metric }) => metric === 'accepted')).toHaveLength(1);
  });

  it('is made again whenever it was refused before anything was done', async () => {
    const api = await startUnkindApi(unkind.refuses(429, 'rate_limited', '2'));
    expect(await submit(api, 1)).toBe('accepted');
    expect(api.seen).toHaveLength(2);
  });
});

it('ends the tries of its own task in a bulk, and of no other', async () => {
  const api = await startUnkindApi();
  const { insert } = api.world.ports.store;
  const store = api.world.ports.store as { insert: typeof insert };
  let isDown = true;
  setTimeout(() => {
    isDown = false;
  }, 1500);
  store.insert = async (...given) => {
    if (isDown) throw new Error('throttled');
    return insert.apply(store, given);
  };
  const tasks = [1, 60].map((idempotencyKeyTtlSeconds) => ({ ...ada, idempotencyKeyTtlSeconds }));
  const results = await api.client.submitAll(tasks);
  expect(results.map(({ index, status }) => `${index} ${status}`)).toEqual(['0 rejected', '1 accepted']);
});

it('is sent apart from those that do not end, whose request may be made again for longer', async () => {
  const isEnding = (body: string) => body.includes('idempotencyKeyTtlSeconds');
  const api = await startUnkindApi(doneAndRefused(503, '2'), answered, doneAndRefused(503, '2'));
  const results = await api.client.submitAll([{ ...ada, idempotencyKeyTtlSeconds: 1 }, ada]);
  expect(results.map(({ index, status }) => `${index} ${status}`)).toEqual(['0 rejected', '1 accepted']);
  expect(api.seen.map(({ body }) => isEnding(body))).toEqual([false, false, true]);
});
