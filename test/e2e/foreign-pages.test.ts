import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestOptions, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, inject, test } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';
import { openPage, startBrowser } from './browser.ts';

const { url, awsEndpoint, apiKey } = inject('stack');
const { port } = new URL(awsEndpoint);
const own = new URL(url).origin;
/** MiniStack lets whoever asks make a function, and run it on this machine. */
const FUNCTIONS = '/2015-03-31/functions';

/** Asks as a browser or a program would; `fetch` lets nobody choose these headers. */
async function ask(options: RequestOptions): Promise<{ status: number | undefined; headers: object; body: string }> {
  const sent = request({ host: '127.0.0.1', port, ...options });
  sent.end();
  const [answer] = (await Promise.race([once(sent, 'response'), once(sent, 'upgrade')])) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

const allowances = (headers: object): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control'));

describe('a page of another origin', () => {
  const foreign = {
    'another site': { origin: 'https://evil.example' },
    'another port of this machine': { origin: 'http://localhost:3000' },
    'the same port under another name': { origin: `http://localhost:${port}` },
    'a file, or a frame without an origin': { origin: 'null' },
    'what a browser says comes from another site': { 'sec-fetch-site': 'cross-site' },
    'what a browser says comes from another port': { 'sec-fetch-site': 'same-site' },
    'a name that leads here': { host: `evil.example:${port}` },
    'a name below localhost': { host: `evil.localhost:${port}` },
    'this machine without the port': { host: 'localhost' },
  };
  const calls = {
    'a preflight of the API': { method: 'OPTIONS', path: '/api/tasks' },
    'a preflight of the cloud': { method: 'OPTIONS', path: FUNCTIONS },
    'a submit': { method: 'POST', path: '/api/tasks' },
    'a new function': { method: 'POST', path: FUNCTIONS },
    'the console': { method: 'GET', path: '/console' },
    'the files of a bucket': { method: 'GET', path: '/millrace' },
    'the reset of everything': { method: 'POST', path: '/_ministack/reset' },
  };
  test.each(Object.entries(foreign))('is refused everything: %s', async (_name, headers) => {
    for (const call of Object.values(calls)) {
      const answer = await ask({ ...call, headers });
      expect(answer).toMatchObject({
        status: 403,
        body: expect.stringMatching(/^The local cloud does not answer this/),
      });
      expect(allowances(answer.headers)).toEqual([]);
    }
  });

  test('is refused a web socket', async () => {
    const socket = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const headers = { ...socket, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', origin: 'https://evil.example' };
    const { status } = await ask({ path: '/_aws/execute-api/any/any', headers });
    expect(status).toBe(403);
  });

  test('reads nothing and makes nothing, in a browser', async () => {
    const server = createServer((_request, response) => response.end('a page')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const browser = await startBrowser();
    try {
      const { page } = await openPage(browser);
      const statuses: number[] = [];
      page.on('response', (response) => {
        if (response.url().startsWith(awsEndpoint)) statuses.push(response.status());
      });
      await page.goto(`http://localhost:${(server.address() as AddressInfo).port}`);
      const outcomes = await page.evaluate(`Promise.all([
        fetch('${awsEndpoint}${FUNCTIONS}/').then((answer) => answer.text()).catch(() => 'refused'),
        fetch('${awsEndpoint}${FUNCTIONS}', { method: 'POST', body: '{}' }).then(() => 'read').catch(() => 'refused'),
        fetch('${url}/api/health').then((answer) => answer.text()).catch(() => 'refused'),
        fetch('${awsEndpoint}/', { method: 'POST', mode: 'no-cors', body: 'Action=CreateQueue&QueueName=planted' })
          .then((answer) => answer.type),
        new Promise((resolve) => {
          const socket = new WebSocket('${awsEndpoint.replace('http', 'ws')}/_aws/execute-api/any/any');
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      ])`);
      expect(outcomes).toEqual(['refused', 'refused', 'refused', 'opaque', 'refused']);
      expect(new Set(statuses)).toEqual(new Set([403]));
      const { QueueUrls: queues = [] } = await new SQSClient(awsClient).send(new ListQueuesCommand({}));
      expect(queues.length).toBeGreaterThan(0);
      expect(queues.join()).not.toMatch(/planted/);
    } finally {
      await browser.close();
      server.close();
    }
  });
});

test.each([
  ['a program', {}],
  ['a program that names the machine', { host: `localhost:${port}` }],
  ['the console', { origin: own, 'sec-fetch-site': 'same-origin' }],
  ['a user who enters the address', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
])('%s is answered, and nobody else is allowed to read it', async (_name, headers) => {
  for (const path of ['/console/', '/api/lanes', `${FUNCTIONS}/`]) {
    const answer = await ask({ path, headers: { authorization: `Bearer ${apiKey}`, ...headers } });
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    expect(allowances(answer.headers)).toEqual([]);
  }
});
