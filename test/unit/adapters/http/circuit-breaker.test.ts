import { expect, test } from 'vitest';
import { CircuitBreaker, type Health } from '../../../../functions/adapters/http/circuit-breaker.ts';
import { clientFor, never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

const ORIGIN = 'https://example.com';

/** Makes a breaker, what requests tell it one after another, and its clock. */
function breaker() {
  let now = 0;
  const circuits = new CircuitBreaker(() => now);
  return {
    circuits,
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
    tell: (verdict: Health, times = 1) => {
      for (let time = 0; time < times; time++) circuits.enter(ORIGIN)(verdict);
    },
  };
}

const openFor = (retryAfterSeconds: number) =>
  expect.objectContaining({ name: 'TaskFailure', code: 'circuit_open', retryable: true, retryAfterSeconds });

test('opens after 10 failures in a row, for this origin alone, and says when to come again', () => {
  const { circuits, tell, wait } = breaker();
  tell('down', 10);
  wait(2.5);
  expect(() => circuits.enter(ORIGIN)).toThrow(openFor(8));
  expect(() => circuits.enter(ORIGIN)).toThrow('example.com has failed 10 times in a row');
  circuits.enter('https://example.com:8443')('up');
});

test('stays closed where an answer comes between failures', () => {
  const { circuits, tell } = breaker();
  for (let round = 0; round < 5; round++) {
    tell('down', 9);
    tell('up');
  }
  tell('down', 9);
  circuits.enter(ORIGIN);
});

test('takes what was aborted neither for an answer nor for a failure', () => {
  const { circuits, tell } = breaker();
  tell('down', 9);
  tell('unknown', 50);
  circuits.enter(ORIGIN)('down');
  expect(() => circuits.enter(ORIGIN)).toThrow(openFor(10));
});

test('lets one request through after 10 s, and closes on its answer', () => {
  const { circuits, tell, wait } = breaker();
  tell('down', 10);
  wait(10);
  const leave = circuits.enter(ORIGIN);
  expect(() => circuits.enter(ORIGIN)).toThrow(openFor(10));
  leave('up');
  tell('down', 9);
  circuits.enter(ORIGIN);
});

test('stays open for another 10 s where that request fails, or tells nothing', () => {
  const { circuits, tell, wait } = breaker();
  tell('down', 10);
  for (const verdict of ['down', 'unknown'] as const) {
    wait(10);
    tell(verdict);
    expect(() => circuits.enter(ORIGIN)).toThrow(openFor(10));
  }
});

test.each([
  ['a connection that breaks', undefined, 10],
  ['502', 502, 10],
  ['503', 503, 10],
  ['504', 504, 10],
  ['500, which is the answer of a server that works', 500, 15],
  ['429', 429, 15],
  ['404', 404, 15],
])('%s: of 15 requests %i reach the server', async (_, status, reached) => {
  let requests = 0;
  const { url } = await serve((request, response) => {
    requests++;
    if (status === undefined) request.socket.destroy();
    else response.writeHead(status).end();
  });
  const client = clientFor('127.0.0.1');
  const codes = new Set<unknown>();
  for (let count = 0; count < 15; count++) {
    await client.request(url, { signal: never }).then(
      ({ body }) => body.text(),
      (failure) => codes.add(failure.code),
    );
  }
  expect(requests).toBe(reached);
  expect(codes.has('circuit_open')).toBe(reached === 10);
});

test('a host that is not allowed is refused as such, however often', async () => {
  const client = clientFor('*', async () => [{ address: '127.0.0.1', family: 4 }]);
  for (let count = 0; count < 15; count++) {
    await expect(client.request('http://a.example.com/', { signal: never })).rejects.toMatchObject({
      code: 'host_not_allowed',
    });
  }
});
