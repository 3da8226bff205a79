import { expect, test } from 'vitest';
import { parseOutboundHosts } from '../../../../functions/adapters/http/outbound-policy.ts';
import { tenantHttpClients } from '../../../../functions/adapters/http/tenant-http-clients.ts';
import { never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

const clients = tenantHttpClients(parseOutboundHosts('127.0.0.1'));

/** Returns what a tenant is answered, or the code of its failure. */
const ask = async (tenantId: string, url: string, request: object = {}): Promise<string> => {
  try {
    const { status, body } = await clients.of(tenantId).request(url, { signal: never, ...request });
    return `${status} ${await body.text()}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('an origin that is down for one tenant is asked for another', async () => {
  let down = true;
  const { url } = await serve((_, response) => response.writeHead(down ? 503 : 200).end());
  for (let count = 0; count < 10; count++) await ask('acme', url);
  down = false;
  expect(await ask('acme', url)).toBe('circuit_open');
  expect(await ask('umbrella', url)).toBe('200 ');
});

test('an answer is kept for its tenant alone', async () => {
  let requests = 0;
  const { url } = await serve((_, response) => response.setHeader('cache-control', 'max-age=60').end(`${++requests}`));
  expect([await ask('acme', url), await ask('acme', url)]).toEqual(['200 1', '200 1']);
  expect([await ask('umbrella', url), await ask('umbrella', url)]).toEqual(['200 2', '200 2']);
  const other = await clients.of('hooli').request(url, { signal: never });
  other.body.destroy();
  expect(other.headers).not.toHaveProperty('age');
  await ask('umbrella', url, { method: 'POST', body: 'x' });
  expect([await ask('acme', url), await ask('umbrella', url)]).toEqual(['200 1', '200 5']);
});

test("a tenant does not wait for another's connections", async () => {
  const { url } = await serve((request, response) => {
    if (request.url !== '/held') response.end('ok');
  });
  const ended = new AbortController();
  const held = Array.from({ length: 30 }, () => ask('acme', `${url}/held`, { signal: ended.signal }));
  expect(await ask('umbrella', url, { signal: AbortSignal.timeout(2000) })).toBe('200 ok');
  ended.abort();
  await Promise.all(held);
});
