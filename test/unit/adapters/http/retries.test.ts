import { expect, test } from 'vitest';
import type { HttpRequest } from '../../../../functions/core/http-client.ts';
import { clientFor, never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

/** Starts a server that hangs up on the first `failures` requests. */
async function hangingUp(failures: number) {
  let requests = 0;
  const { url } = await serve((request, response) => {
    if (++requests <= failures) request.socket.destroy();
    else response.end(`${requests}`);
  });
  const client = clientFor('127.0.0.1');
  return {
    requests: () => requests,
    ask: async (request: Partial<HttpRequest>) =>
      (await client.request(url, { signal: never, ...request })).body.text(),
  };
}

const NETWORK_ERROR = { code: 'network_error', retryable: true };
const KEY = { 'Idempotency-Key': 'k' };

test('none is made unless it is asked for', async () => {
  const { ask, requests } = await hangingUp(1);
  await expect(ask({})).rejects.toMatchObject(NETWORK_ERROR);
  expect(requests()).toBe(1);
});

test('as many are made as are asked for', async () => {
  const { ask } = await hangingUp(3);
  await expect(ask({ retries: 2 })).rejects.toMatchObject(NETWORK_ERROR);
  expect(await ask({ retries: 1 })).toBe('4');
});

async function* stream(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
}

test.each([
  [{ method: 'HEAD' }, 2],
  [{ method: 'PUT', body: 'x' }, 2],
  [{ method: 'DELETE' }, 2],
  [{ method: 'POST', body: 'x', headers: KEY }, 2],
  [{ method: 'POST', body: 'x' }, 1],
  [{ method: 'PATCH', body: 'x' }, 1],
  [{ method: 'PUT', body: stream() }, 1],
])('%# of what may be repeated', async (request, expected) => {
  const { ask, requests } = await hangingUp(1);
  await ask({ ...request, retries: 3 }).catch(() => {});
  expect(requests()).toBe(expected);
});

/** Starts a server that answers the first request by `status`; returns what a client with `retries` makes of it. */
async function refusing(status: number, headers: Record<string, string>, request: Partial<HttpRequest>) {
  let requests = 0;
  const { url } = await serve((_, response) => {
    if (++requests === 1) response.writeHead(status, headers).end('later');
    else response.end('now');
  });
  const started = performance.now();
  const { body } = await clientFor('127.0.0.1').request(url, { retries: 1, signal: never, ...request });
  return { text: await body.text(), seconds: (performance.now() - started) / 1000 };
}

test.each([408, 425, 429])('%i is asked again, when it says', async (status) => {
  expect(await refusing(status, {}, {})).toMatchObject({ text: 'now' });
  const { text, seconds } = await refusing(status, { 'retry-after': '1' }, { method: 'PUT', body: 'x' });
  expect(text).toBe('now');
  expect(seconds).toBeGreaterThanOrEqual(1);
});

test.each([
  ['that asks to wait for longer than 5 s', 429, { 'retry-after': '6' }, {}],
  ['to what may not be repeated', 408, {}, { method: 'POST', body: 'x' }],
  ['of another kind', 404, {}, {}],
])('an answer %s is handed back', async (_, status, headers, request) => {
  expect(await refusing(status, headers, request)).toMatchObject({ text: 'later' });
});

test('an answer of a server that is down is not repeated', async () => {
  let requests = 0;
  const { url } = await serve((_, response) => response.writeHead(++requests && 503).end());
  const { status, body } = await clientFor('127.0.0.1').request(url, { retries: 3, signal: never });
  await body.text();
  expect([status, requests]).toEqual([503, 1]);
});

test('an abort ends the wait', async () => {
  const reason = new Error('cancelled');
  const controller = new AbortController();
  let requests = 0;
  const { url } = await serve((request) => {
    requests++;
    request.socket.destroy();
    controller.abort(reason);
  });
  await expect(clientFor('127.0.0.1').request(url, { retries: 3, signal: controller.signal })).rejects.toBe(reason);
  expect(requests).toBe(1);
});
