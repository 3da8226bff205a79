import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../../entries/client.ts';
import { serve } from '../adapters/loopback-server.ts';
import { startUnkindApi, unkind } from './unkind-api.ts';

/** Never answers, and looks at no signal. */
const deaf = () => new Promise<never>(() => {});
const url = 'https://example.com';
const thrownBy = (work: Promise<unknown>): Promise<unknown> => work.then(String, (thrown: unknown) => thrown);
const secondsSince = (started: number): number => (performance.now() - started) / 1000;

/** What a call may wait for without an end. */
const waits = {
  'its turn': () => {
    const client = createClient({ url, key: 'k', concurrency: 1, fetch: deaf });
    void client.health({ deadlineSeconds: 3 }).catch(() => {});
    return client;
  },
  'its key': () => createClient({ url, key: deaf, fetch: deaf }),
  'a fetch that looks at no signal': () => createClient({ url, key: 'k', fetch: deaf }),
  'a body that does not end': () => createClient({ url, key: 'k', fetch: async () => ({ text: deaf }) as never }),
};

describe.each(Object.entries(waits))('a call that waits for %s', (_, makeClient) => {
  it('ends by its deadline', async () => {
    const client = makeClient();
    const started = performance.now();
    expect(await thrownBy(client.health({ deadlineSeconds: 0.2 }))).toMatchObject({ code: 'timeout' });
    expect(secondsSince(started)).toBeLessThan(1);
  });

  it('ends when its signal aborts, with the reason of that', async () => {
    const client = makeClient();
    const controller = new AbortController();
    const reason = new Error('enough');
    setTimeout(() => controller.abort(reason), 50);
    expect(await thrownBy(client.submit('greet', 1, { signal: controller.signal }))).toBe(reason);
    expect(await thrownBy(client.health({ signal: controller.signal }))).toBe(reason);
  });
});

it('leaves the turn of a call that has ended to the next', async () => {
  let calls = 0;
  const answered = async () => new Response('{}', { headers: { 'content-type': 'application/json' } });
  const client = createClient({ url, key: 'k', concurrency: 1, fetch: () => (calls++ === 0 ? deaf() : answered()) });
  const first = thrownBy(client.health({ deadlineSeconds: 0.1 }));
  expect(await client.health()).toEqual({});
  expect(await first).toMatchObject({ code: 'timeout' });
});

it('leaves nothing behind on a signal that outlives its calls', async () => {
  const { client, behaviours } = await startUnkindApi();
  behaviours.push(unkind.answerIsLost, unkind.refuses(503, 'unavailable'));
  const { signal } = new AbortController();
  const { id } = await client.submit('greet', { name: 'Ada' }, { signal });
  await Promise.all(Array.from({ length: 50 }, () => client.get(id, { signal })));
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  // Node keeps those signals here that depend on it.
  const dependants = Object.getOwnPropertySymbols(signal)
    .filter((name) => name.description === 'kDependantSignals')
    .map((name) => (signal as unknown as Record<symbol, Set<unknown> | undefined>)[name]?.size ?? 0);
  expect(dependants.filter((size) => size > 0)).toEqual([]);
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('is not followed, as it would take the key along: %i', async (status) => {
    const taken: unknown[] = [];
    const other = await serve(({ headers }, response) => {
      taken.push(headers);
      response.setHeader('content-type', 'application/json').end('{"id":"none"}');
    });
    for (const location of [`${other.url}/api/tasks`, '/api/tasks']) {
      const { client, seen } = await startUnkindApi(unkind.refusesWith(status, '', { location }));
      const thrown = await thrownBy(client.submit('greet', { name: 'Ada' }));
      expect(thrown).toMatchObject({ code: 'unreadable', isPassing: false });
      expect(seen.map(({ request }) => request)).toEqual(['POST /api/tasks']);
    }
    expect(taken).toEqual([]);
  });
});

describe('what cannot be sent', () => {
  it.each(['', 'localhost:3000', 'example.com', '/api', 'ftp://example.com', 'https://a:b@example.com', `${url}?a=b`])(
    'as the URL %j is told at once',
    (wrong) => {
      expect(() => createClient({ url: wrong, key: 'k' })).toThrow(expect.objectContaining({ code: 'unreadable' }));
    },
  );

  it.each(['', ' ', 'mr_se\ncret', 'mr_secret…'])('as the key %j is told at once, and not shown', async (key) => {
    const { url: there, seen } = await startUnkindApi();
    const client = createClient({ url: there, key });
    const started = performance.now();
    const thrown = await thrownBy(client.health());
    expect(thrown).toMatchObject({ code: 'no_key', isPassing: false });
    expect(JSON.stringify([String(thrown), thrown])).not.toMatch(/mr_se|cret/);
    expect(secondsSince(started)).toBeLessThan(1);
    expect(seen).toEqual([]);
  });

  it('is no key with the line break of the file that it was read from', async () => {
    const { url: there, seen } = await startUnkindApi();
    await createClient({ url: there, key: async () => 'mr_key\n' }).health();
    expect(seen[0]?.headers.authorization).toBe('Bearer mr_key');
  });

  it('since its key could not be had is told with the reason, of each task of a bulk', async () => {
    const { url: there, seen } = await startUnkindApi();
    let isOut = false;
    const key = async () => {
      if (isOut) throw new Error('the token service is down');
      isOut = true;
      return 'mr_key';
    };
    const client = createClient({ url: there, key });
    const tasks = Array.from({ length: 1001 }, () => ({ type: 'greet', input: { name: 'Ada' } }));
    const results = await client.submitAll(tasks);
    expect(results[999]).toMatchObject({ status: 'accepted' });
    expect(results[1000]).toMatchObject({ index: 1000, status: 'rejected', error: { code: 'no_key' } });
    expect(String(await thrownBy(client.health()))).toContain('the token service is down');
    expect(seen).toHaveLength(1);
  });

  it.each(['', 'a b', 'order…'])('as the idempotency key %j is told at once', async (idempotencyKey) => {
    const { client, seen } = await startUnkindApi();
    const started = performance.now();
    expect(await thrownBy(client.submit('greet', { name: 'Ada' }, { idempotencyKey }))).toMatchObject({
      code: 'invalid_request',
      fields: [{ field: 'Idempotency-Key' }],
    });
    expect(secondsSince(started)).toBeLessThan(1);
    expect(seen).toEqual([]);
  });
});

describe('JSON of somebody else', () => {
  const foreign = ['null', '[]', '{}', '{"results":[{}]}', '{"results":"none"}', '{"items":1}', '"hello"', '0'];
  const tasks = [{ type: 'greet', input: { name: 'Ada' } }];
  const calls = {
    submit: (client: Client) => client.submit('greet', { name: 'Ada' }),
    get: (client: Client) => client.get('a'),
    result: (client: Client) => client.result('a'),
    list: (client: Client) => client.list()[Symbol.asyncIterator]().next(),
    page: (client: Client) => client.schedules().page(),
    lanes: (client: Client) => client.lanes(),
    createSchedule: (client: Client) => client.createSchedule({ type: 'greet', input: 1, rateMinutes: 5 }),
  };
  const answering = (body: string) => {
    const headers = { 'content-type': 'application/json' };
    return createClient({ url, key: 'k', fetch: async () => new Response(body, { headers }) });
  };

  it.each(Object.entries(calls))('is no answer to %s', async (_, call) => {
    for (const body of foreign) {
      expect(await thrownBy(call(answering(body))), body).toMatchObject({ name: 'MillraceError', code: 'unreadable' });
    }
  });

  it('refuses each task of a bulk', async () => {
    for (const body of [...foreign, '{"results":[]}', '{"results":[null]}', '{"results":[{"status":"accepted"}]}']) {
      expect(await answering(body).submitAll(tasks), body).toMatchObject([
        { index: 0, status: 'rejected', error: { name: 'MillraceError', code: 'unreadable' } },
      ]);
    }
  });
});
