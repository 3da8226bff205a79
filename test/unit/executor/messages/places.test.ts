import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TaskStore } from '../../../../functions/core/ports.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { Places } from '../../../../functions/executor/messages/places.ts';
import { greet, hello, invoke, read } from '../../../doubles/executor-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld, type World } from '../../../doubles/world.ts';

const PLACES = 10;

/** Submits as many tasks as a bulk brings to one invocation in `rounds`. */
async function submitBulk(world: World, rounds: number) {
  const seeds = Array.from({ length: PLACES * rounds }, () => taskSeed());
  for (const seed of seeds) await world.ports.store.insert(newTask(seed));
  await world.ports.queue.sendAll(seeds.map((task) => ({ task, delaySeconds: 0 })));
  return seeds;
}

/** Has the store make the writes of one turn of the event loop together, as that on DynamoDB does; returns them by request. */
function writesTogether({ store }: World['ports']): string[][] {
  const requests: string[][] = [];
  let sent: Promise<void> | undefined;
  const joined = async (name: string): Promise<void> => {
    if (sent === undefined) {
      requests.push([]);
      sent = turn().then(() => {
        sent = undefined;
      });
    }
    requests.at(-1)?.push(name);
    await sent;
  };
  const [claim, settle] = [store.claim.bind(store), store.settle.bind(store)];
  store.claim = async (...args) => joined('claim').then(() => claim(...args));
  store.settle = async (...args) => joined('settle').then(() => settle(...args));
  return requests;
}

const statusesOf = async (world: World, seeds: Awaited<ReturnType<typeof submitBulk>>) =>
  Promise.all(seeds.map(async (seed) => (await read(world, seed))?.status));

describe('the tasks of a bulk', () => {
  it('are claimed in one request with the settlements of those before them', async () => {
    const world = createWorld([hello]);
    const seeds = await submitBulk(world, 3);
    const requests = writesTogether(world.ports);
    expect(await invoke(world)).toEqual([]);
    expect(
      requests.map((names) =>
        Object.fromEntries(
          Object.entries(Object.groupBy(names, (name) => name)).map(([name, all]) => [name, all?.length]),
        ),
      ),
    ).toEqual([{ claim: 10 }, { settle: 10, claim: 10 }, { settle: 10, claim: 10 }, { settle: 10 }]);
    expect(new Set(await statusesOf(world, seeds))).toEqual(new Set(['succeeded']));
  });

  it('wait where as many settlements as there are places are under way', async () => {
    let runs = 0;
    const world = createWorld([greet(async () => ++runs)]);
    const seeds = await submitBulk(world, 4);
    const released = Promise.withResolvers<void>();
    const settle: TaskStore['settle'] = world.ports.store.settle.bind(world.ports.store);
    world.ports.store.settle = async (...args) => released.promise.then(() => settle(...args));
    const invoked = invoke(world);
    for (let count = 0; count < 100; count++) await turn();
    expect(runs).toBe(2 * PLACES);
    released.resolve();
    expect(await invoked).toEqual([]);
    expect(runs).toBe(4 * PLACES);
    expect(new Set(await statusesOf(world, seeds))).toEqual(new Set(['succeeded']));
  });

  it('never run more at a time than there are places, and wait for a place until the output before them is kept', async () => {
    let [running, most, runs] = [0, 0, 0];
    const world = createWorld([
      greet(async () => {
        runs++;
        most = Math.max(most, ++running);
        await turn();
        running--;
        return null;
      }),
    ]);
    await submitBulk(world, 3);
    const kept = Promise.withResolvers<void>();
    const put = world.ports.payloads.put.bind(world.ports.payloads);
    world.ports.payloads.put = async (...args) => kept.promise.then(() => put(...args));
    const invoked = invoke(world);
    for (let count = 0; count < 100; count++) await turn();
    expect(runs).toBe(PLACES);
    kept.resolve();
    await invoked;
    expect([runs, most]).toEqual([3 * PLACES, PLACES]);
  });
});

describe('places', () => {
  it('are free again when a piece of work has left its own, but nothing is alone before that has ended', async () => {
    const places = new Places(1);
    const ended = Promise.withResolvers<string>();
    const first = places.run((leave) => {
      leave();
      return ended.promise;
    });
    await turn();
    expect(places.free).toBe(1);
    const order: string[] = [];
    const alone = places.runAlone(async () => order.push('alone'));
    await turn();
    order.push('ended');
    ended.resolve('first');
    await alone;
    expect([await first, order]).toEqual(['first', ['ended', 'alone']]);
  });

  it('are given to nobody while a piece of work is alone, or waits to be', async () => {
    const places = new Places(3);
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await turn();
      order.push(`${name} ends`);
      if (name === 'alone') throw new Error('fails');
    };
    const all = [places.run(work('first')), places.runAlone(work('alone')).catch(() => {})];
    all.push(places.run(work('early')), places.runAlone(work('other')));
    await turn();
    await turn();
    expect(places.free).toBe(0);
    all.push(places.run(work('late')));
    await Promise.all(all);
    const apart = ['first', 'alone', 'other'].flatMap((name) => [`${name} begins`, `${name} ends`]);
    expect(order).toEqual([...apart, 'early begins', 'late begins', 'early ends', 'late ends']);
    await turn();
    expect(places.free).toBe(3);
  });

  it('are kept by work that fails, and by work that would leave where another has not ended', async () => {
    const places = new Places(1);
    const ended = Promise.withResolvers<void>();
    const leaving = (leave: () => void) => {
      leave();
      leave();
      return ended.promise;
    };
    const work = [places.run(leaving), places.run(leaving)];
    await turn();
    expect(places.free).toBe(0);
    ended.resolve();
    await Promise.all(work);
    await expect(places.run(async () => Promise.reject(new Error('fails')))).rejects.toThrow('fails');
    await turn();
    expect(places.free).toBe(1);
  });
});
