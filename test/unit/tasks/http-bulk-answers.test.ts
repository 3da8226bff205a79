import { describe, expect, test } from 'vitest';
import { TaskFailure } from '../../../functions/core/define-task.ts';
import { serve } from '../adapters/loopback-server.ts';
import { answering, linesOf, recordsFor, send } from './bulk-calls.ts';
import cases from './http-cases/bulk-answers-taken-for-success.json' with { type: 'json' };

describe('an answer', () => {
  test('for each record is the outcome of each', async () => {
    const items = [
      { status: 201, id: 'more than we ask' },
      { status: 422, error: 'no such field' },
      { status: 503 },
      { status: 429, error: 'x'.repeat(1000) },
    ];
    const { url } = await serve(answering(207, { items, took: 3 }, { 'retry-after': '7' }));
    const outcomes = await send(recordsFor(url, 4));
    expect(outcomes).toMatchObject([
      { status: 201 },
      { code: 'http_422', message: 'the server answered 422: no such field', retryable: false },
      { code: 'http_503', message: 'the server answered 503', retryable: true, retryAfterSeconds: 7 },
      { code: 'http_429', retryable: true, retryAfterSeconds: 7 },
    ]);
    expect(outcomes[0]).toEqual({ status: 201 });
    expect((outcomes[3] as Error).message).toBe(`the server answered 429: ${'x'.repeat(200)}`);
  });

  test.each([
    [200, ''],
    [202, 'accepted'],
    [200, { ok: true }],
    [200, { status: 'ok' }],
    [200, { status: 200, errors: [], error: null }],
    [200, { took: 3, errors: false }],
    [200, { failed: 0, failures: [], errorMessage: null, FailedPutCount: 0, hasErrors: false, statusCode: 200 }],
    [200, { accepted: [{ id: 1 }, { id: 2, status: 'queued' }] }],
    ...[
      { status: true },
      { status: { code: 200, message: 'fine' } },
      { code: 0, message: 'ok', data: [{ code: 'US', result: 7 }] },
      { results: [{ code: 200 }, { code: 0 }], success: true },
      { errorCode: 0, errorMessage: 'none', exception: null, rejected: [], invalid: 0, unprocessed: [] },
      { error_code: '00', isError: false, accepted: 2, succeeded: 2 },
      { data: { results: [{ status: 201, result: 'created' }, { status: 'queued' }], errors: [] } },
      { data: { attributes: { errorRate: 0.5, failedOver: true, note: 'failed before' } } },
      { names: ['Failover', 'error handling'] },
    ].map((answer): [number, unknown] => [200, answer]),
    [200, 'null'],
    [200, '<html><h1>Thanks</h1></html>'],
    [204, ''],
  ])('of %i that says nothing of each is the outcome of all: %j', async (status, body) => {
    const { url } = await serve(answering(status, body));
    expect(await send(recordsFor(url, 2))).toEqual([{ status }, { status }]);
  });

  test.each([
    [200, { items: [{ status: 200 }] }, 'the server answered for 1 records where 2 were sent'],
    [200, { items: Array(3).fill({ status: 200 }) }, 'the server answered for 3 records where 2 were sent'],
    [207, 'several', 'the server answered 207 without {"items": [{"status": ...}, ...]}'],
    [207, { items: [{ status: 200 }, { status: 1000 }] }, 'the server answered 207 without'],
    [
      200,
      { items: [{ id: 'a' }, { id: 'b' }] },
      'the server answered 200 without {"items": [{"status": ...}, ...]}: {"id":"a"}',
    ],
    [200, { items: [{ status: 'fine' }, { status: 'fine' }] }, 'the server answered 200 without'],
    [200, { items: [null, { status: 200 }] }, 'the server answered 200 without'],
    [200, { items: [{ status: 0 }, { status: 200 }] }, 'the server answered 200 without'],
    [200, { items: [{ status: 200.5 }, { status: 200 }] }, 'the server answered 200 without'],
    [200, { items: [{ status: true }, { status: 200 }] }, 'the server answered 200 without'],
    [200, { items: [{ status: 200, error: 'not this one' }, { status: 200 }] }, 'the server answered 200 without'],
    [200, { items: [{ index: null }, { index: { status: 200 } }] }, 'the server answered 200 without'],
    [200, { items: [{ frob: { status: 200 } }, { frob: { status: 200 } }] }, 'the server answered 200 without'],
    [200, { items: null }, 'the server answered 200 without'],
    [200, { items: { 0: { status: 400 } } }, 'the server answered 200 without'],
    [200, { items: 'two' }, 'the server answered 200 without'],
    [
      200,
      { errors: true, items: [{ status: 200 }, { status: 200 }] },
      'the server answered 200 and that there are errors',
    ],
    [200, { errors: true }, 'the server answered 200, and without {"items": [...]} {"errors":true}'],
    [200, { errors: [{ message: 'no' }] }, 'the server answered 200, and without'],
    [200, { error: {} }, 'the server answered 200, and without'],
    [200, { status: 422 }, 'the server answered 200, and without'],
    [200, { status: '422' }, 'the server answered 200, and without'],
    [200, { status: 'failed' }, 'the server answered 200, and without'],
    [200, { ok: false }, 'the server answered 200, and without'],
    [200, { success: false }, 'the server answered 200, and without'],
    ...[
      { success: 'false' },
      { ok: 0 },
      { statusCode: 422 },
      { errorCount: 2 },
      { errorMessage: 'no' },
      { failed: 1 },
      { failures: [{ id: 1 }] },
      { hasErrors: true },
      { FailedPutCount: 1 },
      { failed_records: ['a'] },
      { results: [{ status: 200 }, { status: 422 }] },
      { Responses: [{}, { ErrorCode: 'Throttled' }] },
      { data: [{ ok: true }, { ok: false }] },
      { results: [{ code: 200 }, { code: 500 }] },
      { results: [{ code: '422' }] },
      { results: { a: { status: 200 }, b: { status: 422 } } },
      { data: { results: [{ status: 200 }, { status: 422 }] } },
      { data: { errors: true } },
      { data: [[{ status: 201 }], [{ status: 503 }]] },
      { response: { outcome: { state: 'FAILED' } } },
      { meta: { error: { reason: 'no such field' } } },
      { results: ['ok', 'failed'] },
      { results: [{ status: { code: 500 } }] },
      { results: [{ http_status: 409 }, { httpStatusCode: 201 }] },
      { result: 'error' },
      { status: 'rejected' },
      { status: false },
      { accepted: 0 },
      { acknowledged: false },
      { succeeded: false },
      { rejected: [{ id: 2 }] },
      { rejectedCount: 1 },
      { invalid_rows: [1] },
      { exception: 'NullPointerException' },
      { partialFailureError: { code: 3 } },
      { UnprocessedItems: [{ id: 1 }] },
      { isError: true },
    ].map((answer): [number, unknown, string] => [200, answer, 'the server answered 200, and without']),
    ...[{ results: [{ code: 500 }] }, { rejected: 1 }, { data: { ok: false } }].map(
      (told): [number, unknown, string] => [
        200,
        { items: [{ status: 200 }, { status: 200 }], ...told },
        'the server answered 200 and that there are errors',
      ],
    ),
    ...[{ errors: ['no'] }, { ok: false }, { success: false }, { errorMessage: 'no' }].map(
      (told): [number, unknown, string] => [
        200,
        { items: [{ status: 200 }, { status: 200, ...told }] },
        'the server answered 200 without',
      ],
    ),
    [200, '{"items":[{"status":422},{"status":200},{"stat', 'the server answered JSON that cannot be read as one'],
    [200, '{"status":200}\n{"status":200}\n', 'the server answered JSON that cannot be read as one'],
    [200, [], 'the server answered for 0 records where 2 were sent'],
    [200, ['a', 'b'], 'the server answered 200 without'],
  ])('of %i that cannot be told apart fails all for good: %j', async (status, body, message) => {
    const { url } = await serve(answering(status, body));
    for (const outcome of await send(recordsFor(url, 2))) {
      expect(outcome).toMatchObject({ code: 'invalid_answer', retryable: false });
      expect((outcome as Error).message.startsWith(message)).toBe(true);
    }
  });

  test.each([
    [500, true],
    [429, true],
    [408, true],
    [425, true],
    [400, false],
    [404, false],
    [413, false],
  ])('%i fails all: retryable is %s', async (status, retryable) => {
    const { url } = await serve(answering(status, 'the reason', { 'retry-after': '9' }));
    const failure = { code: `http_${status}`, message: `the server answered ${status}: the reason`, retryable };
    expect(await send(recordsFor(url, 2))).toMatchObject(Array(2).fill({ ...failure, retryAfterSeconds: 9 }));
  });

  test.each([301, 302, 303, 300, 304, 305, 399])('%i is no delivery, with or without a location', async (status) => {
    const seen: unknown[] = [];
    const { url } = await serve((request, response) => {
      seen.push(request.method);
      response.writeHead(status, request.url === '/to' ? { location: '/login' } : {}).end();
    });
    for (const path of ['', '/to']) {
      const outcomes = await send(recordsFor(url + path, 2));
      expect(outcomes).toMatchObject(Array(2).fill({ code: `http_${status}`, retryable: false }));
    }
    expect(seen).toEqual(['POST', 'POST']);
  });

  test('says where a redirect leads', async () => {
    const { url } = await serve((_, response) => response.writeHead(302, { location: '/login' }).end());
    expect(await send(recordsFor(url, 1))).toMatchObject([
      { message: 'the server answered 302: it redirects to /login' },
    ]);
  });

  test.each([307, 308])('%i is followed, with the records', async (status) => {
    const { url } = await serve(async (request, response) => {
      if (request.url === '/') response.writeHead(status, { location: '/new' }).end();
      else response.end(JSON.stringify({ items: (await linesOf(request)).map(() => ({ status: 201 })) }));
    });
    expect(await send(recordsFor(url, 2))).toEqual([{ status: 201 }, { status: 201 }]);
  });

  test.each([
    ['plain', { status: 422, error: { type: 'x', reason: 'y' } }, '{"type":"x","reason":"y"}'],
    ['with no error', { status: 422, error: null }, undefined],
    ['with a number', { status: 422, error: 7 }, '7'],
    ['as text', { status: '422', error: ['a'] }, '["a"]'],
    ...['index', 'create', 'update', 'delete'].map((action): [string, object, string] => [
      `of ${action}`,
      { [action]: { _index: 'i', status: 422, error: { type: 'x' } } },
      '{"type":"x"}',
    ]),
    ['that redirects', { status: 302 }, undefined],
    ['that is only begun', { status: 102 }, undefined],
  ])('for each record may say it %s', async (_, item, told) => {
    const { url } = await serve(answering(200, { errors: true, items: [item, { status: '201' }] }));
    const status = /\d+/.exec(JSON.stringify(item).replace(/.*status/, ''))?.[0];
    expect(await send(recordsFor(url, 2))).toMatchObject([
      { code: `http_${status}`, message: `the server answered ${status}${told ? `: ${told}` : ''}`, retryable: false },
      { status: 201 },
    ]);
  });

  test('may be as deep as it likes', async () => {
    const deep = (inner: string) => `${'{"a":['.repeat(20_000)}${inner}${']}'.repeat(20_000)}`;
    const { url } = await serve(answering(200, deep('{"status":422}')));
    expect(await send(recordsFor(url, 1))).toMatchObject([{ code: 'invalid_answer' }]);
    const good = await serve(answering(200, deep('{"status":201}')));
    expect(await send(recordsFor(good.url, 1))).toEqual([{ status: 200 }]);
  });

  test('may be of many parts', async () => {
    const { url } = await serve(answering(200, { data: Array(150_000).fill({ a: 1 }) }));
    expect(await send(recordsFor(url, 1))).toEqual([{ status: 200 }]);
  });

  test('for each record may be a bare list', async () => {
    const { url } = await serve(answering(200, [{ status: 422 }, { status: 200 }]));
    expect(await send(recordsFor(url, 2))).toMatchObject([{ code: 'http_422' }, { status: 200 }]);
  });

  test.each([408, 425, 429])('%i of a record is tried again', async (status) => {
    const { url } = await serve(answering(200, { items: [{ status }] }, { 'retry-after': '9' }));
    expect(await send(recordsFor(url, 1))).toMatchObject([{ retryable: true, retryAfterSeconds: 9 }]);
  });

  test.each([
    ['application/json', 'OK'],
    ['application/json', Buffer.from([0xff, 0xfe, 0xfd])],
    ['application/problem+json', 'no'],
    ['application/x-ndjson', '{"status":422}\n{"status":200}'],
  ])('that is called %s and is not is never good', async (contentType, body) => {
    const { url } = await serve((_, response) => response.setHeader('content-type', contentType).end(body));
    expect(await send(recordsFor(url, 1))).toMatchObject([{ code: 'invalid_answer', retryable: false }]);
  });

  test('is read in its charset', async () => {
    const text = JSON.stringify({ items: [{ status: 422, error: 'ungültig' }] });
    const { url } = await serve((_, response) =>
      response.setHeader('content-type', 'application/json; charset=ISO-8859-1').end(Buffer.from(text, 'latin1')),
    );
    expect(await send(recordsFor(url, 1))).toMatchObject([{ message: 'the server answered 422: ungültig' }]);
  });

  test.each(cases)('that was taken for success: %j', async ({ status, body }) => {
    const { url } = await serve(answering(status, body, { 'content-type': 'application/json' }));
    const outcomes = await send(recordsFor(url, 3));
    const failed = outcomes.filter((outcome) => outcome instanceof TaskFailure);
    expect(failed.length).toBeGreaterThan(0);
    for (const { code } of failed) expect(code).toMatch(/^(invalid_answer|http_4\d\d)$/);
  });

  test('over 2 MB fails all', async () => {
    const { url } = await serve(answering(200, 'x'.repeat(2_000_001)));
    expect(await send(recordsFor(url, 1))).toMatchObject([{ code: 'response_too_large', retryable: false }]);
  });
});
