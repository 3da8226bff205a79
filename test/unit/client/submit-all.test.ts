import { expect, it } from 'vitest';
import { MOST_BYTES, MOST_TASKS } from '../../../client/submit-all.ts';
import { MAX_BULK_TASKS } from '../../../functions/contract.ts';
import { MAX_BODY_BYTES } from '../../../functions/router/http/content-coding.ts';
import { startUnkindApi, unkind } from './unkind-api.ts';

const greetings = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ type: 'greet', input: { name: `Ada ${number}` } }));
const bulksIn = (seen: readonly { readonly body: string }[]) =>
  seen.map(({ body }) => (JSON.parse(body) as { tasks: { idempotencyKey: string }[] }).tasks);

it('splits by as many tasks, and as many bytes, as the API takes', () => {
  expect(MOST_TASKS).toBe(MAX_BULK_TASKS);
  expect(MOST_BYTES).toBe(MAX_BODY_BYTES);
});

it('submits more tasks than one request takes, and tells of each in its place', async () => {
  const { client, seen } = await startUnkindApi();
  const results = await client.submitAll(greetings(1001));
  expect(bulksIn(seen).map((tasks) => tasks.length)).toEqual([1000, 1]);
  expect(results.map(({ index }) => index)).toEqual([...Array(1001).keys()]);
  const keys = bulksIn(seen)
    .flat()
    .map(({ idempotencyKey }) => idempotencyKey);
  expect(new Set(keys).size).toBe(1001);
  expect(results.every(({ status }) => status === 'accepted')).toBe(true);
});

it('submits none without a request', async () => {
  const { client, seen } = await startUnkindApi();
  expect(await client.submitAll([])).toEqual([]);
  expect(seen).toEqual([]);
});

it('fills requests to the byte, whatever the characters are', async () => {
  const { client, seen } = await startUnkindApi();
  const tasks = Array.from({ length: 5 }, (_, number) => ({
    type: 'echo',
    input: 'ä€😀'.repeat(60_000 + number),
    idempotencyKey: `k${number}`,
  }));
  const whole = JSON.stringify({ tasks });
  const filled = MOST_BYTES - Buffer.byteLength(JSON.stringify({ tasks: tasks.slice(0, 4) }));
  // The fourth task is so long that four of them fill the body, to the byte.
  tasks[3] = { ...tasks[3], input: `${tasks[3]?.input}${'x'.repeat(Math.max(0, filled))}` } as (typeof tasks)[0];
  expect(Buffer.byteLength(whole)).toBeGreaterThan(MOST_BYTES);
  const results = await client.submitAll(tasks);
  expect(seen.map(({ body }) => Buffer.byteLength(body))[0]).toBe(MOST_BYTES);
  expect(results.map(({ status }) => status)).toEqual(Array(5).fill('accepted'));
});

it('sends a task that is too large alone, and says why it is refused', async () => {
  const { client } = await startUnkindApi();
  const tasks = [
    { type: 'greet', input: { name: 'Ada' } },
    { type: 'echo', input: 'x'.repeat(MOST_BYTES) },
    { type: 'greet', input: { name: 'Bob' } },
  ];
  expect(await client.submitAll(tasks)).toMatchObject([
    { index: 0, status: 'accepted' },
    { index: 1, status: 'rejected', error: { code: 'payload_too_large', status: 413 } },
    { index: 2, status: 'accepted' },
  ]);
});

it('tells which are refused, by the same errors as a single submit throws', async () => {
  const { client } = await startUnkindApi();
  const results = await client.submitAll([
    { type: 'greet', input: { name: 7 } },
    { type: 'nonsense', input: 1 },
    { type: 'greet', input: { name: 'Ada' }, priority: 'high', runAt: new Date('2026-02-01') },
  ]);
  expect(results).toMatchObject([
    {
      status: 'rejected',
      error: { name: 'MillraceError', code: 'invalid_request', fields: [{ field: '/input/name' }] },
    },
    { status: 'rejected', error: { fields: [{ field: '/type' }] } },
    { status: 'accepted', task: { priority: 'high', runAt: '2026-02-01T00:00:00.000Z' } },
  ]);
});

it('submits those again that are refused for now, each under its own key, and no others', async () => {
  const { client, seen, world } = await startUnkindApi();
  const { lanes } = world.ports;
  const { admission } = lanes;
  lanes.admission = async (key, isDue) =>
    key.startsWith('default/') && seen.length === 1
      ? { admitted: false, retryAfterSeconds: 1, estimatedWaitSeconds: 99 }
      : admission.call(lanes, key, isDue);
  const started = performance.now();
  const results = await client.submitAll([...greetings(2), { type: 'echo', input: 1 }, { type: 'greet', input: 7 }]);
  expect(performance.now() - started).toBeGreaterThan(990);
  expect(results.map(({ index, status }) => `${index} ${status}`)).toEqual([
    ...['0 accepted', '1 accepted', '2 accepted', '3 rejected'],
  ]);
  const [first, second, ...others] = bulksIn(seen);
  expect(second).toEqual(first?.slice(0, 2));
  expect(others).toEqual([]);
});

it('goes on with a task that has to wait a little, beside one that has to wait past the deadline', async () => {
  const { client, seen, world } = await startUnkindApi();
  const { lanes } = world.ports;
  const { admission } = lanes;
  lanes.admission = async (key, isDue) => {
    if (key.includes('/low/')) return { admitted: false, retryAfterSeconds: 600, estimatedWaitSeconds: 900 };
    if (seen.length > 1) return admission.call(lanes, key, isDue);
    return { admitted: false, retryAfterSeconds: 1, estimatedWaitSeconds: 9 };
  };
  const [greeting] = greetings(1);
  const results = await client.submitAll([{ ...greeting, priority: 'low' } as never, greeting as never]);
  expect(results).toMatchObject([
    { status: 'rejected', error: { code: 'lane_saturated', retryAfterSeconds: 600 } },
    { status: 'accepted' },
  ]);
  expect(bulksIn(seen).map((tasks) => tasks.length)).toEqual([2, 1]);
});

it('says of a lane that stays full how long it would take, and does not wait past its deadline', async () => {
  const { client, world } = await startUnkindApi();
  world.ports.lanes.admission = async () => ({ admitted: false, retryAfterSeconds: 60, estimatedWaitSeconds: 99 });
  expect(await client.submitAll(greetings(1))).toMatchObject([
    { status: 'rejected', error: { code: 'lane_saturated', retryAfterSeconds: 60, estimatedWaitSeconds: 99 } },
  ]);
});

it('says of each task of a request that fails that it did, and goes on with the next', async () => {
  const { client, behaviours } = await startUnkindApi(
    unkind.refusesWith(403, '{"message":"Forbidden"}', { 'content-type': 'application/json' }),
  );
  const results = await client.submitAll(greetings(1001));
  expect(results[999]).toMatchObject({ index: 999, status: 'rejected', error: { code: 'unauthenticated' } });
  expect(results[1000]).toMatchObject({ index: 1000, status: 'accepted' });
  behaviours.push(...Array(99).fill(unkind.isLost));
  // A try that is under way when the time is over ends as `timeout`.
  const error = { code: expect.stringMatching(/^(network|timeout)$/), status: undefined };
  expect(await client.submitAll(greetings(2), { deadlineSeconds: 0.5 })).toMatchObject([
    { index: 0, status: 'rejected', error },
    { index: 1, status: 'rejected', error },
  ]);
});
