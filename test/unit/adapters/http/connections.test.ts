import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { HttpConnections } from '../../../../functions/adapters/http/connections.ts';
import { clientFor, never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

/** Starts a server that leaves requests to `/held` to the test, and tells how many connections it has open. */
async function holding() {
  const held: ServerResponse[] = [];
  let open = 0;
  const { url, server } = await serve((request, response) => {
    if (request.url === '/held') held.push(response);
    else response.end('ok');
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    open += 1;
    socket.on('close', () => {
      open -= 1;
    });
  });
  return { url, held, open: () => open };
}

const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 5_000;
  while (!holds() && performance.now() < end) await sleep(5);
  expect(holds()).toBe(true);
};

describe('a request for which no connection is free', () => {
  test('waits two seconds, and then fails with what says so', async () => {
    const { url, held } = await holding();
    const client = clientFor('127.0.0.1');
    const first = Array.from({ length: 20 }, () => client.request(`${url}/held`, { signal: never }));
    await until(() => held.length === 20);
    const began = performance.now();
    const failures = await Promise.all(
      Array.from({ length: 12 }, () => client.request(url, { signal: never }).catch((error: unknown) => error)),
    );
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_900);
    expect(performance.now() - began).toBeLessThan(3_500);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        code: 'connections_busy',
        retryable: true,
        message: expect.stringMatching(/^all 20 connections to 127\.0\.0\.1:\d+ were taken for 2 s/),
      });
    }
    for (const response of held) response.end('late');
    for (const answer of await Promise.all(first)) expect(await answer.body.text()).toBe('late');
    // The origin is not down: more than ten of these in a row have opened no circuit.
    expect(await (await client.request(url, { signal: never })).body.text()).toBe('ok');
  });

  test('has the first that is free, in the order of their asking', async () => {
    const { url, held } = await holding();
    const client = clientFor('127.0.0.1');
    const first = Array.from({ length: 20 }, () => client.request(`${url}/held`, { signal: never }));
    await until(() => held.length === 20);
    const ended: number[] = [];
    const more = Array.from({ length: 5 }, async (_, place) => {
      await (await client.request(url, { signal: never })).body.text();
      ended.push(place);
    });
    held.shift()?.end();
    await Promise.all(more);
    expect(ended).toEqual([0, 1, 2, 3, 4]);
    for (const response of held) response.end();
    await Promise.all(first);
  });

  test('is over at once where it is aborted, and takes none', async () => {
    const { url, held } = await holding();
    const client = clientFor('127.0.0.1');
    const first = Array.from({ length: 20 }, () => client.request(`${url}/held`, { signal: never }));
    await until(() => held.length === 20);
    const began = performance.now();
    const aborted = Array.from({ length: 3 }, () => client.request(url, { signal: AbortSignal.timeout(100) }));
    for (const { status } of await Promise.allSettled(aborted)) expect(status).toBe('rejected');
    expect(performance.now() - began).toBeLessThan(1_000);
    for (const response of held) response.end();
    await Promise.all(first);
    const all = Array.from({ length: 40 }, async () => (await client.request(url, { signal: never })).body.text());
    expect(await Promise.all(all)).toEqual(Array(40).fill('ok'));
  });
});

test('an answer that nobody reads takes no connection once it is there', async () => {
  const { url } = await serve((_, response) => response.end('ok'));
  const client = clientFor('127.0.0.1');
  for (let count = 0; count < 60; count++) expect((await client.request(url, { signal: never })).status).toBe(200);
});

test('a request that fails takes no connection any longer, however it fails', async () => {
  const { url } = await serve((request, response) => {
    if (request.url === '/reset') request.socket.resetAndDestroy();
    else if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' }).write('x');
      setTimeout(() => request.socket.destroy(), 5);
    } else if (request.url !== '/held') response.end('ok');
  });
  const client = clientFor('127.0.0.1');
  const failing = (path: string, signal: AbortSignal) =>
    client.request(url + path, { signal }).then(({ body }) => body.text());
  // These are fewer than open the circuit, with a good one between them.
  for (let round = 0; round < 4; round++) {
    const requests = [
      ...Array.from({ length: 7 }, () => failing('/reset', never)),
      ...Array.from({ length: 7 }, () => failing('/cut', never)),
      ...Array.from({ length: 6 }, () => failing('/held', AbortSignal.timeout(50))),
    ];
    for (const { status } of await Promise.allSettled(requests)) expect(status).toBe('rejected');
    expect(await failing('/', never)).toBe('ok');
  }
});

describe('of the connections that a peak has opened', () => {
  test('five stay open while the origin is in use, however seldom, and none when it is not', async () => {
    const { url, held, open } = await holding();
    const connections = new HttpConnections({}, 400);
    onTestFinished(() => connections.destroy());
    const get = async (path: string): Promise<void> => {
      const { body } = await connections.request(url, { path, method: 'GET' }, never);
      await body.text();
    };
    const peak = Array.from({ length: 20 }, () => get('/held'));
    await until(() => held.length === 20);
    for (const response of held) response.end();
    await Promise.all(peak);
    expect(open()).toBe(20);
    for (let count = 0; count < 8; count++) {
      await sleep(200);
      await get('/');
    }
    expect(open()).toBe(5);
    await until(() => open() === 0);
    // The connection can be used again.
    await get('/');
  });
});
