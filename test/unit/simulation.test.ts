import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { sweep } from '../../functions/control/sweep.ts';
import { defineTask, type TaskDefinition } from '../../functions/core/define-task.ts';
import { isFinished, newTask, type Task, type TaskSeed } from '../../functions/core/task.ts';
import type { Lease } from '../../functions/core/transition.ts';
import { type BatchPorts, handleBatch } from '../../functions/executor/handle-batch.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { createWorld, type World } from '../doubles/world.ts';

const TASKS = 5;
const FAULTS = [
  'deliver twice',
  'lose acknowledgement',
  'stall',
  'claim',
  'settle',
  'send',
  'hold',
  'die after claim',
] as const;
type Fault = (typeof FAULTS)[number];

const step = fc.record({
  faults: fc.subarray([...FAULTS], { maxLength: 3 }),
  /** Whether the handler fails, for each task. */
  failing: fc.array(fc.boolean(), { minLength: TASKS, maxLength: TASKS }),
  secondsUntilNext: fc.integer({ min: 0, max: 40 }),
  /** A task that is cancelled before the step, if any. */
  cancelled: fc.option(fc.nat({ max: 4 * TASKS }), { nil: undefined }),
  paused: fc.boolean(),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

it('brings every accepted task to exactly one end, whatever breaks on the way', async () => {
  const rowWritten = fc.array(fc.boolean(), { minLength: TASKS, maxLength: TASKS });
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 25 }), rowWritten, run), { numRuns: 300 });
}, 60_000);

/** Lives through the steps, then lets everything recover, and checks the invariants on the way and at the end. */
async function run(steps: readonly Step[], rowWritten: readonly boolean[]): Promise<void> {
  let failing: readonly boolean[] = [];
  let gate: Promise<void> = Promise.resolve();
  const attempts = new Map<string, number[]>();
  const world = createWorld([
    defineTask({
      type: 'greet',
      description: '',
      resources: 'default',
      priority: 'normal',
      timeoutSeconds: 10,
      retry: { maxAttempts: 3, baseDelaySeconds: 2, maxDelaySeconds: 20 },
      input: z.strictObject({ number: z.int() }),
      run: async ({ number }, { task }) => {
        attempts.set(task.id, [...(attempts.get(task.id) ?? []), task.attempt]);
        const fails = failing[number];
        await gate;
        if (fails) throw new Error('again');
        return number;
      },
    }) as TaskDefinition,
  ]);
  const violations = watchLeases(world);
  const seeds = rowWritten.map((_, number) => taskSeed({ maxAttempts: 8, input: { inline: { number } } }));
  // The first alone, the others together in one message.
  const [alone = taskSeed(), ...together] = seeds;
  await world.ports.queue.send(alone, 0);
  await world.ports.queue.sendAll(together.map((task) => ({ task, delaySeconds: 0 })));
  for (const [number, seed] of seeds.entries()) {
    if (rowWritten[number]) await world.ports.store.insert(newTask(seed));
  }

  const ended = new Map<string, Task>();
  const checkEnds = async (): Promise<void> => {
    for (const { tenantId, id } of seeds) {
      const task = await world.ports.store.get(tenantId, id, world.now);
      if (ended.has(id)) expect(task).toEqual(ended.get(id));
      else if (task !== undefined && isFinished(task)) ended.set(id, task);
    }
  };

  const stalled: { readonly wake: () => void; readonly invocation: Promise<void> }[] = [];
  const wakeStalled = async (): Promise<void> => {
    for (const { wake, invocation } of stalled.splice(0)) {
      wake();
      await invocation;
    }
  };
  const { store, settings } = world.ports;
  const sweepNow = () => sweep(world.now + 60_000, { ...world.ports, due: store });
  for (const { faults, random, secondsUntilNext, cancelled, paused, ...chosen } of steps) {
    world.random = random;
    failing = chosen.failing;
    await settings.change('greet', { paused });
    await sweepNow();
    const victim = cancelled === undefined ? undefined : seeds[cancelled];
    if (victim !== undefined) await store.cancel(victim.tenantId, victim.id, world.now);
    if (faults.includes('stall')) {
      const { promise, resolve: wake } = Promise.withResolvers<void>();
      gate = promise;
      stalled.push({ wake, invocation: invoke(world, faults) });
      // The handlers are at the gate before it is another's.
      await new Promise(setImmediate);
      gate = Promise.resolve();
    } else {
      await invoke(world, faults);
      await wakeStalled();
    }
    await checkEnds();
    world.advance(secondsUntilNext);
  }

  await wakeStalled();
  await checkEnds();
  failing = [];
  await settings.change('greet', { paused: false });
  // Only where the queue itself refuses can a message not be replaced in time; any other dead letter is one too many.
  const redriven = steps.some(({ faults }) => faults.includes('send')) ? world.queue.deadLetters : [];
  for (let calm = 0; calm < 20 && (ended.size < TASKS || world.queue.messages.size + redriven.length > 0); calm++) {
    await sweepNow();
    for (const { body } of redriven.splice(0)) world.queue.put(body);
    world.advance(400);
    await invoke(world, []);
    await checkEnds();
  }
  expect(violations).toEqual([]);
  expect(world.queue.messages.size).toBe(0);
  expect(ended.size).toBe(TASKS);
  for (const seen of attempts.values()) expect(new Set(seen).size).toBe(seen.length);
}

async function invoke(world: World, faults: readonly Fault[]): Promise<void> {
  const deliveries = world.queue.receive(360);
  const ports = faulty(world.ports, faults);
  const invocations = faults.includes('deliver twice') ? 2 : 1;
  const results = Array.from({ length: invocations }, () => handleBatch(deliveries, 60, ports));
  for (const kept of await Promise.all(results)) {
    if (faults.includes('lose acknowledgement')) continue;
    for (const { messageId } of deliveries) if (!kept.includes(messageId)) world.queue.messages.delete(messageId);
  }
}

/** Notes each claim while another lease was valid, and each settle by one that no longer held the task. */
function watchLeases({ ports, ...world }: World): string[] {
  const violations: string[] = [];
  const holders = new Map<string, Lease>();
  const { store } = ports;
  const [claim, settle] = [store.claim.bind(store), store.settle.bind(store)];
  Object.assign(store, {
    claim: async (seed: TaskSeed, lease: Lease, now: number) => {
      const result = await claim(seed, lease, now);
      if (result.result !== 'claimed') return result;
      if ((holders.get(seed.id)?.expiresAt ?? 0) > now) violations.push(`${seed.id} claimed twice at ${world.now}`);
      holders.set(seed.id, lease);
      return result;
    },
    settle: async (...[task, settlement]: Parameters<typeof settle>) => {
      const result = await settle(task, settlement);
      if (result === 'lost') return result;
      // Whoever finds a task to be cancelled and its executor gone ends it, and so may two at once.
      const isRepeatedCancel = settlement.status === 'cancelled' && !holders.has(task.id);
      if (holders.get(task.id)?.token !== task.leaseToken && !isRepeatedCancel)
        violations.push(`${task.id} settled by a stale attempt`);
      holders.delete(task.id);
      return result;
    },
  });
  return violations;
}

/** The ports with some things broken; a broken verb fails at every other call, so that a batch meets both. */
function faulty(ports: World['ports'], faults: readonly Fault[]): BatchPorts {
  let calls = 0;
  const breaks = (fault: Fault): boolean => faults.includes(fault) && ++calls % 2 === 1;
  const refuse = () => Promise.reject(new Error('throttled'));
  const { store, queue, deliveries } = ports;
  return {
    ...ports,
    store: {
      insert: (...args) => store.insert(...args),
      cancel: (...args) => store.cancel(...args),
      retry: (...args) => store.retry(...args),
      park: (...args) => (breaks('claim') ? refuse() : store.park(...args)),
      get: (...args) => store.get(...args),
      list: (...args) => store.list(...args),
      check: (...args) => store.check(...args),
      getAll: (...args) => store.getAll(...args),
      claim: async (...args) => {
        if (breaks('claim')) return refuse();
        const result = await store.claim(...args);
        return breaks('die after claim') ? refuse() : result;
      },
      // For the whole invocation, or the executor would just try again: as if it had died.
      settle: (...[task, settlement]) =>
        faults.includes('settle') && /[02468]-0$/.test(task.id) ? refuse() : store.settle(task, settlement),
    },
    queue: {
      send: (...args) => (breaks('send') ? refuse() : queue.send(...args)),
      sendAll: async (outgoing) => {
        const sent = outgoing.filter(() => !breaks('send'));
        await queue.sendAll(sent);
        return new Set(outgoing.filter((one) => !sent.includes(one)).map(({ task }) => task.id));
      },
    },
    deliveries: Object.assign(Object.create(deliveries), {
      hold: (...args: Parameters<typeof deliveries.hold>) => (breaks('hold') ? refuse() : deliveries.hold(...args)),
    }),
  };
}
