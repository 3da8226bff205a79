import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LaneGate } from '../../../../functions/router/submit/lane-gate.ts';
import { TenantGate } from '../../../../functions/router/submit/tenant-gate.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { callApi } from '../call-api.ts';

/** Time that passes only where a test lets it: what is waited for is no matter of how busy the machine is. */
const time = { now: 0, timers: [] as { at: number; fire: () => void }[] };
beforeEach(() => {
  time.timers.splice(0);
  vi.spyOn(performance, 'now').mockImplementation(() => time.now);
  vi.spyOn(timers, 'setTimeout').mockImplementation(
    (milliseconds = 0, value?: unknown) =>
      new Promise((resolve) => time.timers.push({ at: time.now + milliseconds, fire: () => resolve(value as never) })),
  );
  syncBuiltinESMExports();
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** So many turns of the event loop are enough for what does not wait for time. */
const TURNS = 50;

/** Has time pass, timer by timer, until an answer is there; returns it, and how many milliseconds it took. */
async function timed<T>(answer: Promise<T>): Promise<{ readonly answer: T; readonly milliseconds: number }> {
  const began = time.now;
  let isThere = false;
  const end = (): void => {
    isThere = true;
  };
  answer.then(end, end);
  for (;;) {
    for (let turn = 0; turn < TURNS && !isThere; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (isThere) return { answer: await answer, milliseconds: time.now - began };
    const [next] = time.timers.sort((one, other) => one.at - other.at).splice(0, 1);
    if (next === undefined) continue;
    time.now = Math.max(time.now, next.at);
    next.fire();
  }
}

const ada = { type: 'greet', input: { name: 'Ada' } };
const never = (): Promise<never> => new Promise(() => {});
const caller = { tenantId: 'acme', scopes: 'submit', ratePerSecond: 1, maxOpenTasks: 1 };
const submit = (world: World, as: Readonly<Record<string, unknown>> = caller) =>
  timed(callApi(world, 'POST /api/tasks', { body: ada, caller: as }));

/** Makes a world whose tables and queues do not answer to those who ask for limits. */
async function silentWorld(): Promise<World> {
  const world = createWorld([greet]);
  // What is loaded at the first submit takes no time of the one that is timed.
  await submit(world, { tenantId: 'globex', scopes: 'submit' });
  world.buckets.draw = never;
  world.lanes.snapshot.read = never;
  world.lanes.depths.read = never;
  const { buckets, lanes } = world;
  const { clock, log, classes } = world.ports;
  Object.assign(world.ports, {
    tenants: new TenantGate({ buckets, usage: { openTasks: never }, clock, log }),
    lanes: new LaneGate({ snapshot: lanes.snapshot, depths: lanes.depths, classes, clock, log }),
  });
  return world;
}

describe('a table or a queue that does not answer', () => {
  it('is waited for half a second in all, and nobody is refused', async () => {
    const world = await silentWorld();
    const { answer, milliseconds } = await submit(world);
    expect(answer.status).toBe(202);
    expect(milliseconds).toBe(500);
    expect(world.logged.map(({ event }) => event)).toContain('rate not known: nobody is refused');
  });

  it('is waited for once by a bulk', async () => {
    const world = await silentWorld();
    const body = { tasks: Array(1000).fill(ada) };
    const { answer, milliseconds } = await timed(callApi(world, 'POST /api/tasks/batch', { body, caller }));
    expect(answer.body).toMatchObject({ accepted: 1000 });
    expect(milliseconds).toBeLessThanOrEqual(1_500);
  });

  it.each(['rate', 'open tasks'])('holds up no answer of another that came: %s', async (late) => {
    const world = createWorld([greet]);
    const { buckets } = world;
    const { clock, log } = world.ports;
    if (late === 'rate') buckets.draw = never;
    const openTasks = late === 'open tasks' ? never : async () => 5;
    Object.assign(world.ports, { tenants: new TenantGate({ buckets, usage: { openTasks }, clock, log }) });
    await submit(world);
    for (let count = 0; count < 5; count++) await submit(world);
    expect((await submit(world)).answer.body).toMatchObject({ code: 'rate_limited' });
  });

  it('counts from when it answers after all', async () => {
    const world = createWorld([greet]);
    const { promise, resolve } = Promise.withResolvers<number>();
    const { clock, log } = world.ports;
    const usage = { openTasks: () => promise };
    Object.assign(world.ports, { tenants: new TenantGate({ buckets: world.buckets, usage, clock, log }) });
    const ask = () => submit(world, { ...caller, ratePerSecond: 1000 });
    expect((await ask()).answer.status).toBe(202);
    resolve(1);
    expect((await ask()).answer.body).toMatchObject({ code: 'rate_limited' });
  });
});
