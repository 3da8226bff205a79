import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { HttpRequest } from '../../../../functions/core/http-client.ts';
import { clientFor, never } from '../loopback-client.ts';
import { serve } from '../loopback-server.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const wait = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);

/** Starts a server that numbers its answers, and a client that asks it: `get` tells the number. */
async function counted(answer: (response: ServerResponse, headers: IncomingHttpHeaders) => void) {
  let requests = 0;
  const { url } = await serve(({ headers }, response) => {
    requests++;
    answer(response, headers);
    if (!response.writableEnded) response.end(`${requests}`);
  });
  const client = clientFor('127.0.0.1');
  const ask = async (request: Partial<HttpRequest> = {}, path = '/') => {
    const { body, ...rest } = await client.request(url + path, { signal: never, ...request });
    return { ...rest, text: await body.text() };
  };
  return {
    ask,
    get: async (request?: Partial<HttpRequest>, path?: string) => (await ask(request, path)).text,
    requests: () => requests,
  };
}

const saying = (control: string) => (response: ServerResponse) => void response.setHeader('cache-control', control);

describe('what the server says', () => {
  test('is fresh so long as it says, and carries its age', async () => {
    const { ask } = await counted(saying('max-age=60'));
    expect(await ask()).toMatchObject({ text: '1' });
    wait(59);
    expect(await ask()).toMatchObject({
      status: 200,
      text: '1',
      headers: { age: '59', 'cache-control': 'max-age=60' },
    });
    wait(2);
    expect(await ask()).toMatchObject({ text: '2' });
  });

  test.each(['max-age=60, must-revalidate', 'Public, Max-Age=60', 's-maxage=60, max-age=0'])(
    'is fresh where it says "%s"',
    async (control) => {
      const { ask } = await counted(saying(control));
      await ask();
      wait(59);
      expect(await ask()).toMatchObject({ text: '1', headers: { 'cache-control': control } });
      wait(2);
      expect(await ask()).toMatchObject({ text: '2' });
    },
  );

  test.each(['no-store', 'No-Store, max-age=60', 'no-cache', 'max-age=0', 'private, max-age=60', ''])(
    'is asked again for what says "%s"',
    async (control) => {
      const { get } = await counted(saying(control));
      expect([await get(), await get()]).toEqual(['1', '2']);
    },
  );

  test('guesses no lifetime from last-modified', async () => {
    const { get } = await counted((response) => response.setHeader('last-modified', 'Sat, 01 Jan 2000 00:00:00 GMT'));
    expect([await get(), await get()]).toEqual(['1', '2']);
  });

  test('is kept compressed, and read as what it is', async () => {
    const { ask, requests } = await counted((response) => {
      saying('max-age=60')(response);
      response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(5_000)));
    });
    for (let count = 0; count < 3; count++) {
      const { text, headers } = await ask();
      expect(text).toBe('x'.repeat(5_000));
      expect(headers).not.toHaveProperty('content-encoding');
    }
    expect(requests()).toBe(1);
  });

  test.each(['range', 'if-none-match'])('answers no request with %s', async (name) => {
    const { get } = await counted(saying('max-age=60'));
    await get();
    expect(await get({ headers: { [name]: 'bytes=0-1' } })).toBe('2');
  });

  test('is asked again after a request that changed it', async () => {
    const { get } = await counted(saying('max-age=60'));
    expect([await get(), await get()]).toEqual(['1', '1']);
    await get({ method: 'PUT', body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(await get()).toBe('3');
  });

  test('is not kept where its body is given up', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'cache-control': 'max-age=60' }).write('half');
      setTimeout(() => response.end(), 50);
    });
    const client = clientFor('127.0.0.1');
    (await client.request(url, { signal: never })).body.destroy();
    expect(await (await client.request(url, { signal: never })).body.text()).toBe('half');
  });

  test('is not kept where it is larger than 1 MB, said or not', async () => {
    const { ask, requests } = await counted((response) => {
      saying('max-age=60')(response);
      response.end(Buffer.alloc(1_000_001));
    });
    await ask();
    expect((await ask()).text).toHaveLength(1_000_001);
    expect(requests()).toBe(2);
    const chunked = await counted((response) => {
      saying('max-age=60')(response);
      response.write(Buffer.alloc(600_000));
      response.end(Buffer.alloc(600_000));
    });
    await chunked.ask();
    expect((await chunked.ask()).text).toHaveLength(1_200_000);
    expect(chunked.requests()).toBe(2);
  });

  test('is kept up to 16 MB in all', async () => {
    const { get, requests } = await counted((response) => {
      saying('max-age=60')(response);
      response.end(Buffer.alloc(900_000));
    });
    for (let path = 0; path < 20; path++) await get({}, `/${path}`);
    await get({}, '/19');
    expect(requests()).toBe(20);
    await get({}, '/0');
    expect(requests()).toBe(21);
  });
});

describe('an answer that is no longer fresh', () => {
  const ETAG = '"v1"';
  const validating = (response: ServerResponse, { 'if-none-match': known }: IncomingHttpHeaders): void => {
    response.setHeader('etag', ETAG).setHeader('cache-control', 'max-age=10');
    if (known === ETAG) response.writeHead(304).end();
  };

  test('is used again where the server says that it is still true', async () => {
    const { ask, requests } = await counted(validating);
    await ask();
    wait(11);
    expect(await ask()).toMatchObject({ status: 200, text: '1' });
    expect(requests()).toBe(2);
    wait(9);
    expect(await ask()).toMatchObject({ text: '1', headers: { age: '9' } });
    expect(requests()).toBe(2);
    wait(2);
    await ask();
    expect(requests()).toBe(3);
  });

  test('has from then on the headers that came with the 304', async () => {
    let version = 0;
    const { ask } = await counted((response, headers) => {
      response.setHeader('x-version', `${++version}`);
      if (version === 1) response.setHeader('age', '7');
      validating(response, headers);
    });
    await ask();
    wait(11);
    expect(await ask()).toMatchObject({ text: '1', headers: { 'x-version': '2', etag: ETAG, age: '0' } });
    expect(await ask()).toMatchObject({ text: '1', headers: { 'x-version': '2' } });
  });

  test('is fetched anew where the server means another version by its 304', async () => {
    const { ask, requests } = await counted((response, headers) => {
      validating(response.setHeader('x', 'y'), headers['if-none-match'] === undefined ? {} : { 'if-none-match': '' });
      if (headers['if-none-match'] !== undefined) response.setHeader('etag', '"v2"').writeHead(304).end();
    });
    await ask();
    wait(11);
    expect(await ask()).toMatchObject({ status: 200, text: '3' });
    expect(requests()).toBe(3);
  });
});

describe('cacheSeconds', () => {
  test.each(['', 'no-cache', 'max-age=0', 'max-age=3600'])('takes the place of "%s"', async (control) => {
    const { get } = await counted(saying(control));
    expect([await get({ cacheSeconds: 60 }), await get({ cacheSeconds: 60 })]).toEqual(['1', '1']);
    wait(61);
    expect(await get({ cacheSeconds: 60 })).toBe('2');
  });

  test('holds for who asks: another may want it fresher, or as the server says', async () => {
    const { get } = await counted(() => {});
    expect(await get({ cacheSeconds: 3600 })).toBe('1');
    wait(100);
    expect(await get({ cacheSeconds: 3600 })).toBe('1');
    expect(await get({ cacheSeconds: 60 })).toBe('2');
    expect(await get()).toBe('3');
  });

  test('of 0 uses and keeps none', async () => {
    const { get } = await counted(saying('max-age=60'));
    expect([await get({ cacheSeconds: 0 }), await get(), await get({ cacheSeconds: 0 })]).toEqual(['1', '2', '3']);
  });

  test.each([
    ['a failure', (response: ServerResponse) => response.writeHead(404)],
    ['no-store', saying('no-store')],
    ['vary: *', (response: ServerResponse) => response.setHeader('vary', '*')],
  ])('does not keep %s', async (_, answer) => {
    const { get } = await counted((response) => void answer(response));
    expect([await get({ cacheSeconds: 60 }), await get({ cacheSeconds: 60 })]).toEqual(['1', '2']);
  });

  test('spares the way through redirects and an empty body as well, within the policy', async () => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests++;
      response.writeHead(request.url === '/' ? 302 : 204, { location: '/next' }).end();
    });
    const client = clientFor('127.0.0.1');
    for (let count = 0; count < 2; count++) {
      const { status, body } = await client.request(url, { signal: never, cacheSeconds: 60 });
      expect([status, await body.text()]).toEqual([204, '']);
    }
    expect(requests).toBe(2);
  });
});

describe('an answer for one caller', () => {
  const KEYS = [{ authorization: 'Bearer a' }, { cookie: 'a=1' }, { 'x-api-key': 'a' }] as const;

  test.each(KEYS)('asked with %o is given to nobody without it', async (headers) => {
    const { get } = await counted(saying('public, max-age=60'));
    const [name = ''] = Object.keys(headers);
    expect(await get({ headers, cacheSeconds: 60 })).toBe('1');
    expect(await get({ headers, cacheSeconds: 60 })).toBe('1');
    expect(await get({ headers: { [name]: 'b' }, cacheSeconds: 60 })).toBe('2');
    expect(await get({ cacheSeconds: 60 })).toBe('3');
  });

  test('is kept for the same keys even where it is private', async () => {
    const { get } = await counted(saying('private, max-age=60'));
    const headers = { authorization: 'Bearer a' };
    expect([await get({ headers }), await get({ headers })]).toEqual(['1', '1']);
  });

  test.each([{}, { cacheSeconds: 60 }])(
    'that sets a cookie or is private is not kept for everyone (%o)',
    async (asked) => {
      const cookie = await counted((response) => {
        response
          .setHeader('set-cookie', 'sid=1')
          .setHeader('etag', '"1"')
          .setHeader('cache-control', 'public, max-age=60');
      });
      expect([await cookie.get(asked), await cookie.get(asked)]).toEqual(['1', '2']);
      const secret = await counted(saying('private, max-age=60'));
      expect([await secret.get(asked), await secret.get(asked)]).toEqual(['1', '2']);
    },
  );

  test('differs by every header that may choose it', async () => {
    const { get } = await counted(saying('max-age=60'));
    const [json, csv] = [{ accept: 'application/json' }, { accept: 'text/csv' }];
    expect([await get({ headers: json }), await get({ headers: csv }), await get({ headers: json })]).toEqual([
      '1',
      '2',
      '1',
    ]);
  });
});
