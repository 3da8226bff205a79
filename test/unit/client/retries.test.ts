import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../client/millrace-error.ts';
import { backoff } from '../../../client/pause.ts';
import { delayAfter } from '../../../client/transport.ts';
import { createClient } from '../../../entries/client.ts';
import { invoke } from '../../doubles/executor-world.ts';
import { startUnkindApi, unkind } from './unkind-api.ts';

const failureOf = async (work: Promise<unknown>): Promise<MillraceError> => {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MillraceError);
  return thrown as MillraceError;
};

const passing = {
  'a request that is lost': unkind.isLost,
  'an answer that is lost': unkind.answerIsLost,
  'an answer that is cut off': unkind.answerIsCut,
  'an answer that is half of its JSON': unkind.answerIsShort,
  'a 429': unkind.refuses(429, 'rate_limited', '0'),
  'a 503': unkind.refuses(503, 'unavailable'),
  'a 500 of API Gateway': unkind.refusesWith(500, '{"message":"Internal Server Error"}', {
    'content-type': 'application/json',
  }),
  'the page of a proxy': unkind.refusesWith(502, '<html><h1>Bad Gateway</h1></html>'),
  'a 504 without a body': unkind.refusesWith(504, ''),
};

describe.each(Object.entries(passing))('after %s', (_, behaviour) => {
  it('a submit is made again, and is one task', async () => {
    const { client, world, seen } = await startUnkindApi(behaviour, behaviour);
    const task = await client.submit('greet', { name: 'Ada' });
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    await invoke(world);
    expect(world.recorded.filter(({ metric }) => metric === 'succeeded')).toHaveLength(1);
    expect(await client.get(task)).toMatchObject({ id: task.id, output: { greeting: 'Hello Ada' } });
  });

  it('a bulk submit is made again, and is one task of each', async () => {
    const { client, world, seen } = await startUnkindApi(behaviour);
    const tasks = ['Ada', 'Bob'].map((name) => ({ type: 'greet', input: { name } }));
    const results = await client.submitAll(tasks);
    expect(results).toMatchObject([
      { index: 0, status: 'accepted' },
      { index: 1, status: 'accepted' },
    ]);
    expect(seen.map(({ body }) => body)).toEqual([seen[0]?.body, seen[0]?.body]);
    await invoke(world);
    expect(world.recorded.filter(({ metric }) => metric === 'succeeded')).toHaveLength(2);
  });

  it('what only reads is asked again', async () => {
    const { client, seen } = await startUnkindApi(behaviour);
    expect(await client.health()).toEqual({ status: 'ok' });
    expect(seen).toHaveLength(2);
  });
});

describe('a call that is neither a submit nor a read', () => {
  it('is made again only where it was refused before anything was done', async () => {
    const { client, seen, behaviours } = await startUnkindApi();
    const { id } = await client.submit('greet', { name: 'Ada' });
    for (const behaviour of [
      unkind.answerIsLost,
      unkind.answerIsCut,
      passing['a 503'],
      passing['the page of a proxy'],
    ]) {
      const before = seen.length;
      for (const call of [() => client.cancel(id), () => client.retry(id), () => client.redrive('default-high-0')]) {
        behaviours.push(behaviour);
        expect((await failureOf(call())).isPassing).toBe(true);
      }
      expect(seen.length).toBe(before + 3);
    }
    behaviours.push(passing['a 429']);
    await client.changeDefinition('greet', { maxAttempts: 2 });
    expect(seen.at(-2)).toEqual(expect.objectContaining({ request: 'PATCH /api/definitions/greet' }));
  });
});

describe('what is refused for good', () => {
  it('comes as one error, with the code, the status and each wrong field', async () => {
    const { client, seen } = await startUnkindApi();
    const error = await failureOf(client.submit('greet', { name: 7 }, { maxAttempts: 99 }));
    expect(error).toMatchObject({ name: 'MillraceError', code: 'invalid_request', status: 400, isPassing: false });
    expect(error.fields.map(({ field }) => field).toSorted()).toEqual(['/input/name', '/maxAttempts']);
    expect(error.message).toContain('/maxAttempts');
    expect(seen).toHaveLength(1);
    const conflict = { idempotencyKey: 'k' };
    await client.submit('greet', { name: 'Ada' }, conflict);
    expect(await failureOf(client.submit('greet', { name: 'Bob' }, conflict))).toMatchObject({
      code: 'idempotency_conflict',
      status: 409,
    });
  });

  it.each([
    [401, '{"message":"Unauthorized"}', 'unauthenticated'],
    [403, '{"message":"Forbidden"}', 'unauthenticated'],
    [413, '{"message":"Request Too Long"}', 'payload_too_large'],
    [404, '{"message":"Not Found"}', 'unreadable'],
  ])('has a code where API Gateway answers itself: %i', async (status, body, code) => {
    const { client, seen } = await startUnkindApi(
      unkind.refusesWith(status, body, { 'content-type': 'application/json' }),
    );
    expect(await failureOf(client.health())).toMatchObject({ code, status, isPassing: false });
    expect(seen).toHaveLength(1);
  });

  it('may be the page of somebody else, at a URL that is none of Millrace', async () => {
    const { client, seen } = await startUnkindApi(unkind.refusesWith(200, '<html>Welcome</html>'));
    const error = await failureOf(client.health());
    expect(error).toMatchObject({ code: 'unreadable', status: 200 });
    expect(error.message).toContain('URL');
    expect(seen).toHaveLength(1);
  });
});

describe('a deadline', () => {
  it('ends the tries, with what the last one met', async () => {
    const { client, seen, behaviours } = await startUnkindApi();
    behaviours.push(...Array(99).fill(passing['a 503']));
    const started = performance.now();
    const error = await failureOf(client.submit('greet', { name: 'Ada' }, { deadlineSeconds: 1 }));
    expect(error).toMatchObject({ code: 'unavailable', status: 503 });
    expect(performance.now() - started).toBeLessThan(1100);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.length).toBeLessThan(6);
  });

  it('is not waited for where the API says that it takes longer', async () => {
    const { client, seen } = await startUnkindApi(unkind.refuses(429, 'lane_saturated', '60'));
    const started = performance.now();
    expect(await failureOf(client.submit('greet', { name: 'Ada' }))).toMatchObject({
      code: 'lane_saturated',
      retryAfterSeconds: 60,
    });
    expect(performance.now() - started).toBeLessThan(1000);
    expect(seen).toHaveLength(1);
  });

  it('comes to an API that does not answer, or not to the end, too', async () => {
    for (const behaviour of [unkind.answersNever, unkind.answersHalf]) {
      const { client } = await startUnkindApi(behaviour);
      const started = performance.now();
      expect(await failureOf(client.health({ deadlineSeconds: 0.3 }))).toMatchObject({ code: 'timeout' });
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });

  it('of one try leaves time for others', async () => {
    const { url, seen } = await startUnkindApi(unkind.answersNever, unkind.answersHalf);
    const client = createClient({ url, key: 'k', timeoutSeconds: 0.2 });
    expect(await client.health()).toEqual({ status: 'ok' });
    expect(seen).toHaveLength(3);
  });
});

describe('the delay before another try', () => {
  const refused = (retryAfterSeconds?: number) =>
    new MillraceError('no', { code: 'rate_limited', isPassing: true, retryAfterSeconds });

  it('is what the API says, and up to a quarter more', () => {
    const delays = Array.from({ length: 200 }, () => delayAfter(refused(4), 9));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(4000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5000);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(500);
  });

  it('doubles otherwise, up to ten seconds, half of it by chance', () => {
    for (const [tries, most] of [
      [1, 250],
      [2, 500],
      [6, 8000],
      [9, 10_000],
    ] as const) {
      const delays = Array.from({ length: 200 }, () => delayAfter(refused(), tries));
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(most / 2);
      expect(Math.max(...delays)).toBeLessThanOrEqual(most);
      expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(most / 4);
    }
    expect(backoff(2000, 1, 5)).toBeLessThanOrEqual(5);
  });

  it('is read from a date as well', async () => {
    const { client } = await startUnkindApi(
      unkind.refuses(503, 'unavailable', new Date(Date.now() + 90_000).toUTCString()),
    );
    const { retryAfterSeconds = 0 } = await failureOf(client.health());
    expect(retryAfterSeconds).toBeGreaterThan(80);
    expect(retryAfterSeconds).toBeLessThanOrEqual(90);
  });

  it('is waited for', async () => {
    const { client } = await startUnkindApi(unkind.refuses(429, 'rate_limited', '1'));
    const started = performance.now();
    await client.health();
    expect(performance.now() - started).toBeGreaterThan(990);
  });
});
