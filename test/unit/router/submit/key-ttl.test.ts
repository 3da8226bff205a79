import { beforeEach, describe, expect, it } from 'vitest';
import { invoke } from '../../../doubles/executor-world.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { type ApiAnswer, callApi } from '../call-api.ts';

const ada = { type: 'greet', input: { name: 'Ada' } };
const grace = { type: 'greet', input: { name: 'Grace' } };
const TTL = 60;

let world: World;
beforeEach(() => {
  world = createWorld([greet, echo]);
});

type Submitted = {
  readonly id?: string;
  readonly replayed: boolean;
  readonly code?: string;
  readonly fields: string[];
};
type Refusal = { readonly code?: string; readonly errors?: { readonly field: string }[] };
const submitted = (task: unknown, replayed: boolean, problem: unknown): Submitted => {
  const { code, errors = [] } = (problem ?? {}) as Refusal;
  return {
    ...((task as { id?: string } | undefined)?.id === undefined ? {} : { id: (task as { id: string }).id }),
    replayed,
    ...(code === undefined ? {} : { code }),
    fields: errors.map(({ field }) => field),
  };
};

async function submitOne(key: string, task: object, ttlSeconds?: number): Promise<Submitted> {
  const body = { ...task, ...(ttlSeconds === undefined ? {} : { idempotencyKeyTtlSeconds: ttlSeconds }) };
  const answer: ApiAnswer = await callApi(world, 'POST /api/tasks', { body, headers: { 'idempotency-key': key } });
  const isAccepted = answer.status === 202;
  return submitted(
    isAccepted ? answer.body : undefined,
    answer.headers['idempotent-replayed'] === 'true',
    isAccepted ? undefined : answer.body,
  );
}

const inBulk = (key: string, task: object, ttlSeconds?: number) => ({
  ...task,
  idempotencyKey: key,
  ...(ttlSeconds === undefined ? {} : { idempotencyKeyTtlSeconds: ttlSeconds }),
});

async function submitBulk(tasks: readonly object[], headers: Record<string, string> = {}): Promise<Submitted[]> {
  const { body } = await callApi(world, 'POST /api/tasks/batch', { body: { tasks }, headers });
  const results = body.results as { task?: unknown; replayed?: true; problem?: unknown }[];
  return results.map(({ task, replayed, problem }) => submitted(task, replayed === true, problem));
}

const ways = [
  ['alone', submitOne],
  ['in a bulk', async (key: string, task: object, ttl?: number) => (await submitBulk([inBulk(key, task, ttl)]))[0]],
] as const;

const ended = () => world.recorded.filter(({ metric }) => metric === 'succeeded').length;

describe.each(ways)('a key with an end, %s', (_, submit) => {
  it('stands for one task until it is free, and then for another', async () => {
    const first = await submit('k', ada, TTL);
    world.advance(TTL - 1);
    expect(await submit('k', ada, TTL)).toMatchObject({ id: first?.id, replayed: true });
    expect(await submit('k', grace, TTL)).toMatchObject({ code: 'idempotency_conflict' });
    world.advance(1);
    const second = await submit('k', grace, TTL);
    expect(second).toMatchObject({ id: expect.any(String), replayed: false });
    expect(second?.id).not.toBe(first?.id);
    await invoke(world);
    expect(ended()).toBe(2);
    for (const { id } of [first, second] as { id: string }[]) {
      expect(await callApi(world, `GET /api/tasks/${id}`)).toMatchObject({
        status: 200,
        body: { status: 'succeeded' },
      });
    }
  });

  it('begins with the first submit, whatever a repeated one says', async () => {
    const first = await submit('k', ada, TTL);
    world.advance(TTL / 2);
    expect(await submit('k', ada, 10 * TTL)).toMatchObject({ id: first?.id, replayed: true });
    world.advance(TTL / 2);
    expect(await submit('k', ada, TTL)).toMatchObject({ replayed: false });
  });

  it('is the same key without an end', async () => {
    const first = await submit('k', ada, TTL);
    expect(await submit('k', ada)).toMatchObject({ id: first?.id, replayed: true });
    expect(await submit('k', grace)).toMatchObject({ code: 'idempotency_conflict' });
    world.advance(TTL);
    const forGood = await submit('k', grace);
    expect(forGood).toMatchObject({ replayed: false });
    world.advance(10 * TTL);
    expect(await submit('k', grace, TTL)).toMatchObject({ id: forGood?.id, replayed: true });
    expect(await submit('k', ada, TTL)).toMatchObject({ code: 'idempotency_conflict' });
    await invoke(world);
    expect(ended()).toBe(2);
  });

  it.each([
    ['its row is not written', 'insert'],
    ['its input has no place', 'put'],
  ] as const)('stands for the very same task again where %s', async (_name, verb) => {
    const { store, payloads } = world.ports;
    const target = (verb === 'insert' ? store : payloads) as unknown as Record<string, unknown>;
    const whole = target[verb];
    target[verb] = async () => {
      throw new Error('throttled');
    };
    expect(await submit('k', ada, TTL)).toMatchObject({ code: 'unavailable' });
    target[verb] = whole;
    expect(await submit('k', grace, TTL)).toMatchObject({ code: 'idempotency_conflict' });
    expect(await submit('k', ada, TTL)).toMatchObject({ id: expect.any(String) });
    await invoke(world);
    expect(ended()).toBe(1);
  });

  it('passes by a lane that takes no more, once its task is there', async () => {
    const first = await submit('k', ada, TTL);
    world.ports.lanes.admission = async () => ({ admitted: false, retryAfterSeconds: 9, estimatedWaitSeconds: 99 });
    expect(await submit('k', ada, TTL)).toMatchObject({ id: first?.id, replayed: true });
    expect(await submit('other', ada, TTL)).toMatchObject({ code: 'lane_saturated' });
  });

  it.each([0, -1, 1.5, '60', 14 * 86_400 + 1])('cannot end after %j seconds', async (ttl) => {
    expect(await submit('k', ada, ttl as number)).toMatchObject({
      code: 'invalid_request',
      fields: ['/idempotencyKeyTtlSeconds'],
    });
  });

  it('may end when its task is not kept any more', async () => {
    expect(await submit('k', ada, 14 * 86_400)).toMatchObject({ id: expect.any(String) });
  });
});

describe('a time for a key', () => {
  it('is refused without a key', async () => {
    const body = { ...ada, idempotencyKeyTtlSeconds: TTL };
    expect(await callApi(world, 'POST /api/tasks', { body })).toMatchObject({
      status: 400,
      body: { errors: [{ field: '/idempotencyKeyTtlSeconds' }] },
    });
    expect(await submitBulk([body])).toMatchObject([
      { code: 'invalid_request', fields: ['/idempotencyKeyTtlSeconds'] },
    ]);
  });

  it('is that of each place where the key is that of the whole bulk', async () => {
    const tasks = [{ ...ada, idempotencyKeyTtlSeconds: TTL }, ada];
    const headers = { 'idempotency-key': 'bulk' };
    const first = await submitBulk(tasks, headers);
    world.advance(TTL);
    const again = await submitBulk(tasks, headers);
    expect(again.map(({ replayed }) => replayed)).toEqual([false, true]);
    expect(again[1]?.id).toBe(first[1]?.id);
    expect(again[0]?.id).not.toBe(first[0]?.id);
  });
});

describe('a key of a task in a bulk', () => {
  it('is the key of a single submit', async () => {
    const single = await submitOne('k', ada);
    expect(await submitBulk([inBulk('k', ada), inBulk('k', grace), inBulk('other', ada)])).toMatchObject([
      { id: single.id, replayed: true },
      { code: 'idempotency_conflict' },
      { replayed: false },
    ]);
  });

  it('comes before that of the whole bulk', async () => {
    const headers = { 'idempotency-key': 'bulk' };
    const [own, placed] = await submitBulk([inBulk('k', ada), ada], headers);
    expect(await submitBulk([ada, inBulk('k', ada)], { 'idempotency-key': 'other' })).toMatchObject([
      { replayed: false },
      { id: own?.id, replayed: true },
    ]);
    expect(await submitBulk([grace, ada], headers)).toMatchObject([{ replayed: false }, { id: placed?.id }]);
  });

  it.each([undefined, TTL])('stands for one task within the bulk, too (%s)', async (ttl) => {
    const results = await submitBulk([
      inBulk('k', ada, ttl),
      inBulk('k', ada, ttl),
      inBulk('k', grace, ttl),
      inBulk('k', { ...ada, priority: 'normal' }, ttl),
    ]);
    expect(results).toMatchObject([
      { replayed: false },
      { id: results[0]?.id, replayed: true },
      { code: 'idempotency_conflict' },
      { id: results[0]?.id, replayed: true },
    ]);
    expect(world.queue.messages.size).toBe(1);
    await invoke(world);
    expect(ended()).toBe(1);
    expect(world.recorded.filter(({ metric }) => metric === 'accepted')).toHaveLength(1);
  });

  it('stands for one task where only one of two has an end', async () => {
    for (const [one, two] of [
      [TTL, undefined],
      [undefined, TTL],
    ]) {
      world = createWorld([greet]);
      const results = await submitBulk([inBulk('k', ada, one), inBulk('k', ada, two)]);
      expect(results[1]?.id).toBe(results[0]?.id);
      await invoke(world);
      await invoke(world);
      expect(ended()).toBe(1);
    }
  });

  it('goes to the next task where the first cannot be accepted', async () => {
    const results = await submitBulk([inBulk('k', { ...ada, priority: 'urgent' }), inBulk('k', ada)]);
    expect(results).toMatchObject([{ code: 'invalid_request' }, { replayed: false, id: expect.any(String) }]);
  });

  it.each(['', 'a b', 'ä', 'x'.repeat(129), 7, null])('cannot be %j', async (key) => {
    expect(await submitBulk([{ ...ada, idempotencyKey: key }])).toMatchObject([
      { code: 'invalid_request', fields: ['/idempotencyKey'] },
    ]);
  });

  it('is a header of a single submit', async () => {
    expect(await callApi(world, 'POST /api/tasks', { body: inBulk('k', ada) })).toMatchObject({
      status: 400,
      body: { errors: [{ field: '/idempotencyKey' }] },
    });
  });
});
