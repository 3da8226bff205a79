import { Webhook as Verifier } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TaskFailure } from '../../../../functions/core/define-task.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { rotated, secretOf } from '../../../../functions/core/webhook/signature.ts';
import { invoke, submit } from '../../../doubles/executor-world.ts';
import { FrailProcess, STURDY } from '../../../doubles/frail-process.ts';
import { echo, greet } from '../../../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';
import {
  type DeliveringWorld,
  deliveriesOf,
  deliveringWorld,
  live,
  SECRET_KEY,
  type Told,
  webhook,
} from '../../../doubles/webhooks.ts';

const acme = tenant('acme');
const MINUTES = 60;
const HOURS = 3_600;

/** Ends a task, and has its end told. */
async function end(world: DeliveringWorld, seed: Partial<TaskSeed> = {}): Promise<TaskSeed> {
  const submitted = await submit(world, taskSeed({ createdAt: world.now, ...seed }));
  await invoke(world);
  await world.project();
  return submitted;
}

const verify = ({ headers, body }: Told, secret = secretOf(SECRET_KEY).secret): unknown =>
  new Verifier(secret).verify(body, headers);
const payload = ({ body }: Told) => JSON.parse(body) as { type: string; data: Record<string, unknown> };

// The package that verifies has only the clock of the process.
let world: DeliveringWorld;
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());
const worldOf = (answer: Parameters<typeof deliveringWorld>[1] = () => ({ status: 204 })): DeliveringWorld => {
  world = deliveringWorld([greet, echo], (told) => {
    vi.setSystemTime(world.now);
    return answer(told);
  });
  return world;
};

describe('a delivery', () => {
  it('is a POST of JSON that Standard Webhooks verifies, under an id that stays', async () => {
    let times = 0;
    worldOf((told) => {
      expect(verify(told)).toEqual(payload(told));
      return { status: ++times < 3 ? 503 : 200 };
    });
    await webhook(world);
    await end(world);
    await live(world, 10 * MINUTES);
    expect(world.told).toHaveLength(3);
    expect(new Set(world.told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(world.told.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3);
    expect(world.told[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
  });

  it('has an output of up to 64 KB, and of a larger one where it is read', async () => {
    worldOf();
    await webhook(world, { includeOutput: true });
    const text = 'x'.repeat(65_536 - 2);
    for (const input of [{ inline: text }, { inline: `${text}x` }]) await end(world, { type: 'echo', input });
    await live(world, 2 * MINUTES);
    const [small, large] = world.told.map(payload).map(({ data }) => data);
    expect(small).toMatchObject({ output: text });
    expect(large).toMatchObject({ outputUrl: `/api/tasks/${large?.id}` });
    expect(large).not.toHaveProperty('output');
  });

  it('has no output unless that is asked for', async () => {
    worldOf();
    await webhook(world);
    await end(world);
    await live(world, MINUTES);
    expect(world.told.map(payload)).toEqual([expect.objectContaining({ type: 'task.succeeded' })]);
    expect(world.told.map(({ body }) => body).join()).not.toContain('Hello Ada');
  });

  it('is signed by both secrets while they rotate', async () => {
    worldOf();
    const { id } = await webhook(world);
    const before = await world.ports.signingSecrets.get(acme, id);
    const fresh = secretOf(world.ports.ids.signingKey());
    await world.ports.signingSecrets.replace(acme, id, before, rotated(before, fresh, world.now) ?? []);
    await end(world);
    await live(world, MINUTES);
    const [told] = world.told as [Told];
    vi.setSystemTime(told.at);
    for (const secret of [secretOf(SECRET_KEY).secret, fresh.secret])
      expect(verify(told, secret)).toEqual(payload(told));
    world.advance(25 * HOURS);
    await end(world);
    await live(world, MINUTES);
    const [, later] = world.told as [Told, Told];
    vi.setSystemTime(later.at);
    expect(verify(later, fresh.secret)).toEqual(payload(later));
    expect(() => verify(later)).toThrow();
  });

  it("of onEnd is signed by the tenant's own secret, which is made where there is none", async () => {
    worldOf();
    const onEnd = { inline: { url: 'https://hooks.example/done' } };
    await end(world, { onEnd });
    await live(world, MINUTES);
    const [{ secret = '' } = {}] = await world.ports.signingSecrets.get(acme, 'onEnd');
    const [told] = world.told as [Told];
    vi.setSystemTime(told.at);
    expect(told.url).toBe('https://hooks.example/done');
    expect(verify(told, secret)).toEqual(payload(told));
  });

  it('is never a redirect that is followed', async () => {
    worldOf(() => ({ status: 307 }));
    await webhook(world);
    await end(world);
    await live(world, MINUTES);
    expect(await deliveriesOf(world)).toMatchObject([
      { status: 'queued', error: { code: 'http_307', retryable: true } },
    ]);
  });

  it('keeps its secret to itself', async () => {
    worldOf(() => ({ status: 500 }));
    await webhook(world);
    await end(world);
    await live(world, MINUTES);
    const [one] = await deliveriesOf(world);
    const task = one && (await world.ports.store.get(acme, one.id, world.now));
    const input = task && (await world.ports.payloads.get(acme, task.input));
    expect(JSON.stringify([task, input, world.logged, world.annotated])).not.toContain('whsec_');
    expect(JSON.stringify([task, input, world.logged])).not.toContain(SECRET_KEY);
  });
});

describe('a receiver', () => {
  it('that answers 500 for ten minutes gets each delivery in the end', async () => {
    let downUntil = 0;
    worldOf(({ at }) => ({ status: at < downUntil ? 500 : 200 }));
    downUntil = world.now + 10 * MINUTES * 1000;
    await webhook(world);
    const ids = new Set<string>();
    for (let minute = 0; minute < 10; minute++) {
      ids.add((await end(world)).id);
      await live(world, MINUTES, 30);
    }
    await live(world, HOURS);
    const taken = world.told.filter(({ at }) => at >= downUntil).map((told) => payload(told).data.id);
    expect(new Set(taken)).toEqual(ids);
    expect(taken).toHaveLength(ids.size);
    expect(await deliveriesOf(world)).toMatchObject(Array(10).fill({ status: 'succeeded' }));
  });

  it('that is gone for good shows as failed with its reason, after more than a day of tries', async () => {
    worldOf(() => new TaskFailure('network_error', 'the request to hooks.example failed', { retryable: true }));
    await webhook(world);
    await end(world);
    await live(world, 36 * HOURS);
    expect(world.told).toHaveLength(8);
    const [first, ...others] = world.told.map(({ at }) => at) as [number, ...number[]];
    const waits = others.map((at, place) => (at - ([first, ...others][place] ?? 0)) / 1000);
    // A step of this test is a minute, and a wait is longer by a tenth at most.
    for (const [place, wait] of [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].entries()) {
      expect(waits[place]).toBeGreaterThanOrEqual(wait);
      expect(waits[place]).toBeLessThanOrEqual(wait * 1.1 + 121);
    }
    expect(((others.at(-1) ?? 0) - first) / 1000).toBeGreaterThan(24 * HOURS);
    expect(await deliveriesOf(world)).toMatchObject([
      {
        status: 'failed',
        attempt: 8,
        error: { code: 'network_error', message: expect.stringContaining('hooks.example') },
      },
    ]);
  });

  it('that is cut off by its circuit is tried no longer than others', async () => {
    worldOf(
      () =>
        new TaskFailure('circuit_open', 'hooks.example has failed 10 times', {
          retryable: true,
          retryAfterSeconds: 10,
        }),
    );
    await webhook(world);
    await end(world);
    await live(world, 36 * HOURS);
    expect(world.told).toHaveLength(8);
    expect(await deliveriesOf(world)).toMatchObject([{ status: 'failed', error: { code: 'receiver_down' } }]);
  });

  it('that asks for a longer wait is left alone for so long, a day at most', async () => {
    let seconds = 4 * HOURS;
    worldOf(() => ({ status: 429, retryAfterSeconds: seconds }));
    await webhook(world);
    await end(world);
    await live(world, 5 * HOURS);
    seconds = 400 * 24 * HOURS;
    const [first, second] = world.told as [Told, Told];
    expect((second.at - first.at) / 1000).toBeGreaterThanOrEqual(4 * HOURS);
    await live(world, 30 * HOURS);
    expect(world.told.length).toBeGreaterThan(2);
  });

  it('that answers 410 is told nothing more', async () => {
    worldOf(() => ({ status: 410 }));
    const { id } = await webhook(world);
    const other = await webhook(world, { url: 'https://hooks.example/other', statuses: ['failed'] });
    await end(world);
    await live(world, MINUTES);
    expect((await world.ports.webhooks.get(acme)).webhooks).toEqual([
      expect.objectContaining({ id, pause: { at: expect.any(Number), reason: 'gone' } }),
      other,
    ]);
    expect(await deliveriesOf(world)).toMatchObject([
      { status: 'failed', error: { code: 'http_410', retryable: false } },
    ]);
    await end(world);
    await live(world, MINUTES);
    expect(world.told).toHaveLength(1);
  });

  it('is told later where a table does not answer', async () => {
    worldOf();
    await webhook(world);
    const { get } = world.ports.webhooks;
    await end(world);
    world.ports.webhooks.get = () => Promise.reject(new Error('throttled'));
    await live(world, 2 * MINUTES);
    const failure = { code: 'unavailable', message: 'a part of the platform does not answer', retryable: true };
    expect(await deliveriesOf(world)).toMatchObject([{ status: 'queued', error: failure }]);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'delivery not made' }));
    world.ports.webhooks.get = get;
    await live(world, 10 * MINUTES);
    expect(await deliveriesOf(world)).toMatchObject([{ status: 'succeeded' }]);
  });

  it('of a webhook that was deleted or paused meanwhile is told nothing, and the task says why', async () => {
    worldOf();
    await webhook(world);
    const paused = await webhook(world, { url: 'https://hooks.example/paused' });
    await end(world);
    const { revision } = await world.ports.webhooks.get(acme);
    const webhooks = [{ ...paused, pause: { at: 1, reason: 'asked' } as const }];
    await world.ports.webhooks.replace(acme, { revision: revision + 1, webhooks });
    await live(world, MINUTES);
    expect(world.told).toEqual([]);
    const codes = (await deliveriesOf(world)).map((task) => 'error' in task && task.error?.code);
    expect(codes.toSorted()).toEqual(['webhook_deleted', 'webhook_paused']);
  });
});

it('an executor that dies at any of its calls delivers at least once, and loses nothing', async () => {
  for (let diesAt = 0; diesAt < 12; diesAt++) {
    worldOf();
    await webhook(world, { includeOutput: true });
    await end(world, { type: 'echo', input: { inline: 'x'.repeat(300) } });
    const frail = new FrailProcess({ ...STURDY, diesAt });
    const dying = Object.assign(Object.create(world), { ports: frail.through(world.ports) });
    await frail.until(invoke(dying).catch(() => []));
    await live(world, 20 * MINUTES);
    expect([diesAt, world.told.length >= 1]).toEqual([diesAt, true]);
    expect(new Set(world.told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await deliveriesOf(world)).toMatchObject([{ status: 'succeeded' }]);
  }
});

it('a delivery that has failed is sent again by a retry, under the same id, with as many tries', async () => {
  let status = 500;
  worldOf(() => ({ status }));
  await webhook(world);
  await end(world);
  await live(world, 36 * HOURS);
  const [failed] = await deliveriesOf(world);
  expect(failed).toMatchObject({ status: 'failed' });
  status = 200;
  await world.ports.store.retry(acme, failed?.id ?? ('' as never), world.now, world.now);
  await live(world, 2 * MINUTES);
  expect(world.told).toHaveLength(9);
  expect(new Set(world.told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(await deliveriesOf(world)).toMatchObject([{ status: 'succeeded', attempt: 9 }]);
});
