import { beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '../../../../functions/core/task/task.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import type { Settlement } from '../../../../functions/core/task/transition.ts';
import { NO_SLOTS, type WaiterSlots } from '../../../../functions/core/wait/wait-for-end.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

const seed = taskSeed();
const error = { code: 'boom', message: 'it went wrong', retryable: true };
const succeeded = (finishedAt: number): Settlement => ({ status: 'succeeded', output: { inline: 'done' }, finishedAt });

let world: World;
let started: number;
/** What happens so many milliseconds after the call, while it waits. */
let events: { readonly at: number; readonly happen: () => unknown }[];
beforeEach(async () => {
  world = createWorld();
  started = world.now;
  events = [];
  await world.ports.store.insert(newTask(seed));
  const sleep = async (milliseconds: number) => {
    world.now += milliseconds;
    for (const event of events.filter(({ at }) => started + at <= world.now)) {
      events.splice(events.indexOf(event), 1);
      await event.happen();
    }
  };
  Object.assign(world.ports, { sleep });
});

const onceWaited = (at: number, happen: () => unknown): void => void events.push({ at, happen });
const wait = (seconds: number | string = 20, id: string = seed.id) =>
  callApi(world, `GET /api/tasks/${id}?waitSeconds=${seconds}`);
const waited = (): number => world.now - started;

async function attempt(settlement: (now: number) => Settlement): Promise<void> {
  const claim = await world.ports.store.claim(
    seed,
    { token: 'lease' as never, expiresAt: world.now + 10_000 },
    world.now,
  );
  if (claim.result !== 'claimed') throw new Error(claim.result);
  await world.ports.store.settle(claim.task, settlement(world.now));
}
const end = () => attempt(succeeded);
const setSlots = (slots: WaiterSlots) => Object.assign(world.ports, { slots });
const freeSlots = async (): Promise<number> => {
  const { slots } = world.ports;
  const taken = [await slots.take(world.now, world.now + 1), await slots.take(world.now, world.now + 1)];
  return taken.filter((slot) => slot !== undefined).length;
};

describe('a read that waits', () => {
  it.each([1, 90, 240, 5_000, 19_800])('is answered within half a second of an end after %i ms', async (at) => {
    onceWaited(at, end);
    const answer = await wait();
    expect(answer).toMatchObject({ status: 200, body: { status: 'succeeded', output: 'done' } });
    expect(waited()).toBeLessThanOrEqual(at + 400);
    expect(answer.headers).not.toHaveProperty('retry-after');
    expect(await freeSlots()).toBe(2);
  });

  it('is answered at once where the task has ended, and takes no slot', async () => {
    await end();
    setSlots(NO_SLOTS);
    expect(await wait()).toMatchObject({ body: { status: 'succeeded' } });
    expect(waited()).toBe(0);
  });

  it('sees an end between its first look and its slot', async () => {
    const { slots } = world.ports;
    setSlots({
      take: async (...asked) => {
        await end();
        return slots.take(...asked);
      },
      release: (slot) => slots.release(slot),
    });
    expect(await wait()).toMatchObject({ body: { status: 'succeeded' } });
    expect(waited()).toBeLessThan(500);
  });

  it.each([1, 7, 25])('is answered after %i s as the task is then, and without a hint', async (seconds) => {
    const answer = await wait(seconds);
    expect(answer).toMatchObject({ status: 200, body: { status: 'queued' } });
    expect(waited()).toBe(seconds * 1000);
    expect(answer.headers).not.toHaveProperty('millrace-waiting');
    expect(await freeSlots()).toBe(2);
  });

  it.each([undefined, 0])('does not wait with %s', async (seconds) => {
    const query = seconds === undefined ? '' : `?waitSeconds=${seconds}`;
    const answer = await callApi(world, `GET /api/tasks/${seed.id}${query}`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'queued' } });
    expect(waited()).toBe(0);
    expect(answer.headers).not.toHaveProperty('retry-after');
  });

  it('looks soon, and then three times a second at most, at half of the price', async () => {
    const { store } = world.ports;
    const get = store.get.bind(store);
    const looks: { readonly at: number; readonly state: unknown }[] = [];
    store.get = ((...asked: [never, never, never, state?: string]) => {
      looks.push({ at: waited(), state: asked[3] });
      return get(...(asked as unknown as Parameters<typeof get>));
    }) as typeof store.get;
    await wait(20);
    expect(looks[0]).toEqual({ at: 0, state: undefined });
    expect(looks[1]).toEqual({ at: 100, state: 'recent' });
    expect(looks.slice(1).every(({ state }) => state === 'recent')).toBe(true);
    expect(looks.length).toBeLessThanOrEqual(70);
  });

  it('ends before API Gateway gives it up, however long its environment took to start', async () => {
    const receivedAt = world.now - 6_000;
    const path = `GET /api/tasks/${seed.id}?waitSeconds=25`;
    expect(await callApi(world, path, { receivedAt })).toMatchObject({ status: 200 });
    expect(waited()).toBe(21_000);
  });
});

describe('a task that is waited for', () => {
  it('may be tried again, and is told of when it has ended', async () => {
    onceWaited(1_000, () => attempt((now) => ({ status: 'queued', error, notBefore: now + 1_000 })));
    onceWaited(4_000, end);
    expect(await wait()).toMatchObject({ body: { status: 'succeeded', attempt: 2 } });
    expect(waited()).toBeGreaterThan(4_000);
  });

  it('may fail', async () => {
    onceWaited(1_000, () => attempt((finishedAt) => ({ status: 'failed', error, finishedAt })));
    expect(await wait()).toMatchObject({ body: { status: 'failed', error } });
  });

  it('may be cancelled', async () => {
    onceWaited(1_000, () => callApi(world, `POST /api/tasks/${seed.id}/cancel`));
    expect(await wait()).toMatchObject({ body: { status: 'cancelled' } });
    expect(waited()).toBeLessThan(1_500);
  });

  it('may be run again by a user, and is open then', async () => {
    await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    await callApi(world, `POST /api/tasks/${seed.id}/retry`);
    expect(await wait(3)).toMatchObject({ body: { status: 'queued' } });
    expect(waited()).toBe(3_000);
  });

  it('may be held since its type is paused, and is waited for all the same', async () => {
    onceWaited(500, () => world.ports.store.hold(seed, world.now));
    onceWaited(2_000, end);
    expect(await wait()).toMatchObject({ body: { status: 'succeeded' } });
    expect(waited()).toBeGreaterThan(2_000);
  });

  it('may be on its way to be cancelled, and is waited for until it is', async () => {
    const lease = { token: 'lease' as never, expiresAt: world.now + 60_000 };
    const claim = await world.ports.store.claim(seed, lease, world.now);
    if (claim.result !== 'claimed') throw new Error(claim.result);
    await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
    onceWaited(3_000, () => world.ports.store.settle(claim.task, { status: 'cancelled', finishedAt: world.now }));
    expect(await wait()).toMatchObject({ body: { status: 'cancelled' } });
    expect(waited()).toBeGreaterThan(3_000);
  });

  it('is not_found where it is gone meanwhile, and its slot is free', async () => {
    onceWaited(1_000, () => {
      world.ports.store.get = async () => undefined;
    });
    expect(await wait()).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await freeSlots()).toBe(2);
  });

  it("is not_found at once where it is another tenant's", async () => {
    const caller = { tenantId: 'other', scopes: 'read' };
    const answer = await callApi(world, `GET /api/tasks/${seed.id}?waitSeconds=20`, { caller });
    expect(answer).toMatchObject({ status: 404 });
    expect(waited()).toBe(0);
  });
});

describe('what fails while a task is waited for', () => {
  /** Has looks of the store fail, or answer as `get` does, from so many milliseconds on. */
  const lookingBy = (get: () => Promise<Task | undefined>, from: number, to: number) => {
    const { store } = world.ports;
    const whole = store.get.bind(store);
    store.get = ((tenantId, id, now, state) =>
      state === 'recent' && waited() >= from && waited() < to ? get() : whole(tenantId, id, now)) as typeof whole;
  };

  it('does not end the wait, and is logged once', async () => {
    lookingBy(() => Promise.reject(new Error('ProvisionedThroughputExceededException')), 0, 10_000);
    onceWaited(2_000, end);
    expect(await wait()).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect(world.logged.filter(({ event }) => event === 'task not read while it was waited for')).toMatchObject([
      { level: 'warn', task_id: seed.id, looks: expect.any(Number), reason: expect.stringContaining('Throughput') },
    ]);
  });

  it('leaves an answer of how the task was last seen', async () => {
    lookingBy(() => Promise.reject(new Error('down')), 0, 1e9);
    expect(await wait(5)).toMatchObject({ status: 200, body: { status: 'queued' } });
    expect(waited()).toBe(5_000);
  });

  it('is no task that is gone, where a look is older than the first', async () => {
    lookingBy(async () => undefined, 0, 1_000);
    onceWaited(2_000, end);
    expect(await wait()).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it('is no end, where a look is of before a retry', async () => {
    await attempt((finishedAt) => ({ status: 'failed', error, finishedAt }));
    const failed = await world.ports.store.get(seed.tenantId, seed.id, world.now);
    await callApi(world, `POST /api/tasks/${seed.id}/retry`);
    lookingBy(async () => failed, 0, 1_000);
    onceWaited(2_000, end);
    expect(await wait()).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  });

  it('takes no slot for good where it cannot be given back', async () => {
    const { slots } = world.ports;
    setSlots({
      take: (...asked) => slots.take(...asked),
      release: () => Promise.reject(new Error('down')),
    });
    onceWaited(1_000, end);
    expect(await wait()).toMatchObject({ body: { status: 'succeeded' } });
    expect(world.logged).toContainEqual(expect.objectContaining({ level: 'warn', reason: 'Error: down' }));
    setSlots(slots);
    world.advance(24);
    expect(await freeSlots()).toBe(2);
  });
});

describe('where as many callers wait as may', () => {
  const isHinted = async (): Promise<void> => {
    expect(await wait()).toMatchObject({
      status: 200,
      body: { id: seed.id, status: 'queued' },
      headers: { 'retry-after': '1', 'millrace-waiting': 'full' },
    });
    expect(waited()).toBe(0);
    expect(world.recorded).toContainEqual({ of: 'waiter', metric: 'waitsRefused', value: 1 });
  };

  it('the answer is as without waiting, with a hint, and is counted', async () => {
    await freeSlots();
    await isHinted();
  });

  it('the answer is the same where nobody knows how many there are', async () => {
    setSlots({ ...NO_SLOTS, take: () => Promise.reject(new Error('down')) });
    await isHinted();
    expect(world.logged).toContainEqual({ level: 'warn', event: 'waiter slot not taken', reason: 'Error: down' });
  });

  it('the slot of a killed environment is free when its time is over', async () => {
    for (const _ of [1, 2]) await world.ports.slots.take(world.now, world.now + 10_000);
    await isHinted();
    world.advance(10);
    started = world.now;
    onceWaited(1_000, end);
    expect(await wait()).toMatchObject({ body: { status: 'succeeded' } });
  });
});

describe('the seconds', () => {
  it.each(['-1', '26', '99', '100', '1.5', '1e1', 'ten', '', ' 5', '+5', '5,5', '5s', 'Infinity', '٥'])(
    'are told what they must be instead of %j',
    async (seconds) => {
      expect(await wait(encodeURIComponent(seconds))).toMatchObject({
        status: 400,
        body: {
          code: 'invalid_request',
          errors: [{ field: 'waitSeconds', message: 'must be a whole number of seconds from 0 to 25, given once' }],
        },
      });
      expect(waited()).toBe(0);
    },
  );

  it('are given once', async () => {
    const answer = await callApi(world, `GET /api/tasks/${seed.id}?waitSeconds=5&waitSeconds=6`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'waitSeconds' }] } });
  });

  it('have one name', async () => {
    const answer = await callApi(world, `GET /api/tasks/${seed.id}?waitseconds=5`);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'waitseconds' }] } });
  });
});
