import { describe, expect, test } from 'vitest';
import { clientFor, never } from '../loopback-client.ts';
import { bodyOf, serve } from '../loopback-server.ts';

describe('a redirect', () => {
  test('is followed up to 5 times', async () => {
    const { url } = await serve(({ url: path = '' }, response) => {
      const left = Number(path.slice(1));
      if (left === 0) response.end('arrived');
      else response.writeHead(302, { location: `${left - 1}` }).end('x'.repeat(50_000));
    });
    const client = clientFor('127.0.0.1');
    const response = await client.request(`${url}/5`, { signal: never });
    expect(await response.body.text()).toBe('arrived');
    await expect(client.request(`${url}/6`, { signal: never })).rejects.toMatchObject({
      code: 'too_many_redirects',
      retryable: false,
    });
  });

  test.each([301, 302, 303, 307, 308])('by %i is the answer, where none is to be followed', async (status) => {
    const seen: (string | undefined)[] = [];
    const { url } = await serve(({ url: path }, response) => {
      seen.push(path);
      response.writeHead(status, { location: '/to' }).end('there');
    });
    for (const method of ['GET', 'POST']) {
      const asked = { method, followRedirects: false, followAsGet: true, signal: never };
      const response = await clientFor('127.0.0.1').request(`${url}/from`, asked);
      expect([response.status, response.redirected, await response.body.text()]).toEqual([status, false, 'there']);
    }
    expect(seen).toEqual(['/from', '/from']);
  });

  test('in a circle ends', async () => {
    let requests = 0;
    const { url } = await serve((_, response) => {
      requests++;
      response.writeHead(307, { location: '/' }).end();
    });
    await expect(clientFor('127.0.0.1').request(url, { signal: never })).rejects.toMatchObject({
      code: 'too_many_redirects',
    });
    expect(requests).toBe(6);
  });

  test('to what is no URL fails', async () => {
    const { url } = await serve((_, response) => response.writeHead(302, { location: 'http://[' }).end());
    await expect(clientFor('127.0.0.1').request(url, { signal: never })).rejects.toMatchObject({
      code: 'invalid_redirect',
    });
  });

  test('without a location is the answer', async () => {
    const { url } = await serve((_, response) => response.writeHead(302).end('nowhere'));
    const response = await clientFor('127.0.0.1').request(url, { signal: never });
    expect([response.status, await response.body.text()]).toEqual([302, 'nowhere']);
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'GET'],
    [302, 'DELETE', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ])('%i of a %s becomes a %s, where that is asked for', async (status, method, expected) => {
    const seen: unknown[] = [];
    const { url } = await serve(async (request, response) => {
      if (request.url === '/from') return void response.writeHead(status, { location: '/to' }).end();
      seen.push(request.method, await bodyOf(request), request.headers['content-type']);
      response.end();
    });
    const body = method === 'HEAD' ? {} : { body: 'data' };
    const headers = { 'Content-Type': 'text/plain' };
    await clientFor('127.0.0.1').request(`${url}/from`, { method, headers, ...body, followAsGet: true, signal: never });
    const kept = method === expected && method !== 'HEAD';
    expect(seen).toEqual([expected, kept ? 'data' : '', method === expected ? 'text/plain' : undefined]);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'by 301, 302 or 303 of a %s is handed back unless asked for: nothing was delivered',
    async (method) => {
      const seen: unknown[] = [];
      const { url } = await serve((request, response) => {
        seen.push(request.url);
        response.writeHead(Number(request.url?.slice(1)), { location: '/200' }).end('moved');
      });
      for (const status of [301, 302, 303]) {
        const request = { method, ...(method !== 'OPTIONS' && { body: 'data' }), signal: never };
        const response = await clientFor('127.0.0.1').request(`${url}/${status}`, request);
        expect(response).toMatchObject({ status, redirected: false, url: `${url}/${status}` });
        expect(await response.body.text()).toBe('moved');
      }
      expect(seen).toEqual(['/301', '/302', '/303']);
    },
  );

  test('tells where it led, without a fragment', async () => {
    const { url } = await serve(({ url: path }, response) => {
      if (path === '/to?a=b') response.end();
      else response.writeHead(302, { location: '/to?a=b#part' }).end();
    });
    const client = clientFor('127.0.0.1');
    expect(await client.request(`${url}/#top`, { signal: never })).toMatchObject({
      url: `${url}/to?a=b`,
      redirected: true,
    });
    expect(await client.request(`${url}/to?a=b`, { signal: never })).toMatchObject({ redirected: false });
  });

  test('to a location that is not escaped is read as UTF-8', async () => {
    const { url } = await serve(({ url: path = '' }, response) => {
      if (path !== '/') return void response.end(decodeURI(path));
      response.writeHead(302, { location: Buffer.from('/région').toString('latin1') }).end();
    });
    expect(await (await clientFor('127.0.0.1').request(url, { signal: never })).body.text()).toBe('/région');
  });

  const HEADERS = {
    Authorization: 'Bearer k',
    Cookie: 'a=b',
    'X-Api-Key': 'k',
    Accept: 'text/csv',
    'Idempotency-Key': 'i',
  };

  test('to another origin carries no keys, not even back', async () => {
    const seen: Record<string, unknown>[] = [];
    const home = await serve(({ headers, url }, response) => {
      if (url === '/start') return void response.writeHead(302, { location: `${away.url}/` }).end();
      seen.push(headers);
      response.end();
    });
    const away = await serve(({ headers }, response) => {
      seen.push(headers);
      response.writeHead(302, { location: `${home.url}/end` }).end();
    });
    await clientFor('127.0.0.1').request(`${home.url}/start`, { headers: HEADERS, signal: never });
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      expect(headers).toMatchObject({ accept: 'text/csv', 'idempotency-key': 'i' });
      expect(Object.keys(headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/auth|cookie|api-key/)]));
    }
  });

  test('within an origin carries all headers', async () => {
    let seen: Record<string, unknown> = {};
    const { url } = await serve((request, response) => {
      if (request.url === '/') return void response.writeHead(302, { location: '/next' }).end();
      seen = request.headers;
      response.end();
    });
    await clientFor('127.0.0.1').request(url, { headers: HEADERS, signal: never });
    expect(seen).toMatchObject({ authorization: 'Bearer k', cookie: 'a=b', 'x-api-key': 'k' });
  });
});
