import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import type { TaskChange } from '../../../functions/core/task/task-change.ts';
import type { Delivery } from '../../../functions/core/webhook/delivery.ts';
import type { Webhook } from '../../../functions/core/webhook/webhook.ts';
import { WEBHOOK_TYPE } from '../../../functions/resource-classes.ts';
import { bulk, bulkSeed, doubled } from '../../doubles/bulk-world.ts';
import { greet as failing, invoke, submit } from '../../doubles/executor-world.ts';
import { makeSum, part, sumOf } from '../../doubles/fan-out-world.ts';
import { FrailProcess, type Frailty, STURDY } from '../../doubles/frail-process.ts';
import { echo, greet } from '../../doubles/task-definitions.ts';
import { taskSeed, tenant } from '../../doubles/task-seed.ts';
import { type DeliveringWorld, deliveriesOf, deliveringWorld, live, webhook } from '../../doubles/webhooks.ts';

const worldOf = () => deliveringWorld([greet, echo], () => ({ status: 200 }));
const acme = tenant('acme');

/** Runs a task to its end, and returns what the stream has of it. */
async function ended(world: DeliveringWorld, seed: Partial<TaskSeed> = {}): Promise<TaskChange[]> {
  await submit(world, taskSeed({ createdAt: world.now, ...seed }));
  await invoke(world);
  return world.changes.splice(0);
}

const inputOf = async (world: DeliveringWorld, place = 0): Promise<Delivery> => {
  const [one] = (await deliveriesOf(world)).slice(place);
  const task = one && (await world.ports.store.get(acme, one.id, world.now));
  return (task && (await world.ports.payloads.get(acme, task.input))) as unknown as Delivery;
};

describe('an end', () => {
  it('is told by one task, however often the stream brings it', async () => {
    const world = worldOf();
    await webhook(world);
    const changes = await ended(world);
    for (let times = 0; times < 3; times++) expect(await world.project(changes)).toEqual(new Set());
    expect(await deliveriesOf(world)).toHaveLength(1);
    expect(world.changes.filter(({ before }) => before === undefined)).toHaveLength(1);
  });

  it('is told as the API shows the task, with a version, and without its input', async () => {
    const world = worldOf();
    await webhook(world, { includeOutput: true });
    await world.project(await ended(world));
    const { event } = await inputOf(world);
    expect(event).toEqual({
      type: 'task.succeeded',
      version: 1,
      timestamp: new Date(world.now).toISOString(),
      data: expect.objectContaining({
        tenantId: 'acme',
        type: 'greet',
        status: 'succeeded',
        attempt: 1,
        executorKey: 'default/normal/0',
        queueName: 'millrace-default-normal-0',
        output: { greeting: 'Hello Ada' },
      }),
    });
    expect(event.data).not.toHaveProperty('input');
  });

  it('is told as it was, though the task has been retried since', async () => {
    const world = deliveringWorld([failing((_, ctx) => ctx.fail('no', 'no'))], () => ({ status: 200 }));
    await webhook(world);
    const changes = await ended(world);
    const id = changes[0]?.after?.id ?? ('' as never);
    await world.ports.store.retry(acme, id, world.now, world.now);
    await world.project(changes);
    expect((await inputOf(world)).event).toMatchObject({ type: 'task.failed', data: { id, status: 'failed' } });
    // The next end is another one.
    world.advance(1);
    const again = await world.ports.store.cancel(acme, id, world.now);
    expect(again.result).toBe('cancelled');
    await world.project();
    expect(await deliveriesOf(world)).toHaveLength(2);
  });

  it('of a delivery is told to nobody', async () => {
    const world = worldOf();
    await webhook(world);
    await world.project(await ended(world));
    await invoke(world);
    expect(world.told).toHaveLength(1);
    await world.project();
    await invoke(world);
    expect(await deliveriesOf(world)).toMatchObject([{ type: WEBHOOK_TYPE, status: 'succeeded' }]);
  });

  it('goes to the low lane of the class that waits for others, with eight attempts and no limits', async () => {
    const world = worldOf();
    const { id } = await webhook(world);
    await world.project(await ended(world, { limits: { maxOpenTasks: 1 } }));
    const [delivery] = await deliveriesOf(world);
    expect(delivery).toMatchObject({
      executorKey: 'io-intensive/low/0',
      priority: 'low',
      maxAttempts: 8,
      timeoutSeconds: 20,
      assignee: { type: 'webhook', id },
    });
    expect(delivery).not.toHaveProperty('limits');
  });
});

describe('every way to end is told once', () => {
  const { sum } = makeSum();
  const lone: Record<string, [TaskSeed, string]> = {
    'run alone': [taskSeed(), 'succeeded'],
    'in a batch': [bulkSeed(7), 'succeeded'],
    'in a thread': [taskSeed({ type: 'isolated' }), 'succeeded'],
    'that its input fails': [taskSeed({ input: { inline: 7 } }), 'failed'],
    'of a type that there is not': [taskSeed({ type: 'gone', maxAttempts: 1 }), 'failed'],
    'that combines its subtasks': [sumOf([1, 2]), 'succeeded'],
    'that a subtask has failed': [sumOf([1, null]), 'failed'],
  };
  const worldOfAll = () =>
    deliveringWorld([greet, part, sum, bulk(doubled), { ...greet, type: 'isolated', isolated: true }], () => ({
      status: 200,
    }));

  it.each(Object.entries(lone))('of a task %s', async (_, [seed, status]) => {
    const world = worldOfAll();
    await webhook(world);
    await submit(world, { ...seed, createdAt: world.now });
    await live(world, 10 * 60);
    const told = world.told.map(({ body }) => JSON.parse(body));
    expect(told).toMatchObject([{ type: `task.${status}`, data: { id: seed.id, status } }]);
  });

  it.each(['queued', 'scheduled', 'running', 'waiting'])('of a task that is cancelled while it is %s', async (when) => {
    const world = worldOfAll();
    await webhook(world);
    const isLater = when === 'scheduled';
    const seed = when === 'waiting' ? sumOf([1]) : taskSeed(isLater ? { runAt: world.now + 3_600_000 } : {});
    const { sendAll } = world.ports.queue;
    // Its subtasks never begin.
    if (when === 'waiting') world.ports.queue.sendAll = async () => new Set();
    await submit(world, { ...seed, createdAt: world.now });
    if (when === 'waiting') await invoke(world);
    world.ports.queue.sendAll = sendAll;
    const lease = { token: 'a' as never, expiresAt: world.now + 60_000 };
    if (when === 'running') await world.ports.store.claim(seed, lease, world.now);
    await world.ports.store.cancel(acme, seed.id, world.now);
    await live(world, 10 * 60);
    const told = world.told.map(({ body }) => JSON.parse(body));
    expect(told).toMatchObject([{ type: 'task.cancelled', data: { id: seed.id } }]);
  });
});

describe('a webhook', () => {
  const told = async (overrides: Partial<Webhook>, seed: Partial<TaskSeed> = {}): Promise<number> => {
    const world = worldOf();
    await webhook(world, overrides);
    await world.project(await ended(world, seed));
    return (await deliveriesOf(world)).length;
  };
  const parent = { id: taskSeed().id, attempt: 1, index: 0, depth: 1 };

  it.each<[string, Partial<Webhook>, Partial<TaskSeed>, number]>([
    ['of all', {}, {}, 1],
    ['of its type', { types: ['echo', 'greet'] }, {}, 1],
    ['of another type', { types: ['echo'] }, {}, 0],
    ['of its status', { statuses: ['succeeded'] }, {}, 1],
    ['of other statuses', { statuses: ['failed', 'cancelled'] }, {}, 0],
    ['that is paused', { pause: { at: 1, reason: 'asked' } }, {}, 0],
    ['of all, of a subtask', {}, { parent }, 0],
    ['that names its type, of a subtask', { types: ['greet'] }, { parent }, 1],
  ])('%s is told so often', async (_, overrides, seed, times) => {
    expect(await told(overrides, seed)).toBe(times);
  });

  it('of another tenant is told nothing', async () => {
    const world = worldOf();
    await webhook(world, {}, tenant('globex'));
    await world.project(await ended(world));
    expect(await deliveriesOf(world)).toEqual([]);
    expect(await deliveriesOf(world, tenant('globex'))).toEqual([]);
  });

  it('that was made before the end is told of it, whatever an earlier batch has read', async () => {
    const world = worldOf();
    await world.project(await ended(world));
    await webhook(world);
    await world.project(await ended(world));
    expect(await deliveriesOf(world)).toHaveLength(1);
  });
});

describe('onEnd', () => {
  const onEnd = (more: object = {}) => ({ onEnd: { inline: { url: 'https://hooks.example/done', ...more } } });

  it('is told beside webhooks, and names its task', async () => {
    const world = worldOf();
    await webhook(world);
    const changes = await ended(world, onEnd());
    await world.project(changes);
    const deliveries = await deliveriesOf(world);
    expect(deliveries.map(({ assignee }) => assignee?.type).toSorted()).toEqual(['task', 'webhook']);
    expect(deliveries.find(({ assignee }) => assignee?.type === 'task')?.assignee?.id).toBe(changes[0]?.after?.id);
  });

  it('is told of the statuses that it asks for alone', async () => {
    const world = worldOf();
    await world.project(await ended(world, onEnd({ statuses: ['failed'] })));
    expect(await deliveriesOf(world)).toEqual([]);
    await world.project(await ended(world, onEnd({ statuses: ['succeeded', 'failed'] })));
    expect(await deliveriesOf(world)).toHaveLength(1);
  });

  it('is read from where a long one is kept', async () => {
    const world = worldOf();
    const seed = taskSeed({ createdAt: world.now });
    const target = { url: `https://hooks.example/${'x'.repeat(1_000)}` };
    const kept = await world.ports.payloads.put(acme, seed.id, 'on-end', target, 1);
    expect(kept).toHaveProperty('ref');
    await world.project(await ended(world, { ...seed, onEnd: kept }));
    expect(await inputOf(world)).toMatchObject({ subscriber: 'onEnd', url: target.url });
  });
});

describe('nothing is lost or doubled', () => {
  const calls = fc.array(fc.nat({ max: 12 }), { maxLength: 3 });
  const frailty: fc.Arbitrary<Frailty> = fc.record({
    refused: calls,
    unanswered: calls,
    diesAt: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
    stallsAt: fc.constant(undefined),
    pace: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }),
  });

  it('whatever call of the projector is the last, is refused, or is not answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frailty, { minLength: 1, maxLength: 4 }), async (frailties) => {
        const world = worldOf();
        for (let count = 0; count < 2; count++) await webhook(world);
        const changes = [...(await ended(world)), ...(await ended(world))];
        for (const one of frailties) {
          const frail = new FrailProcess(one);
          await frail.until(world.project(changes, frail.through(world.ports)));
        }
        // The stream brings the batch again until it was taken.
        expect(await world.project(changes)).toEqual(new Set());
        const deliveries = await deliveriesOf(world);
        expect(deliveries).toHaveLength(4);
        for (let minute = 0; minute < 5; minute++) {
          await invoke(world);
          world.advance(60);
        }
        expect(await deliveriesOf(world)).toMatchObject(Array(4).fill({ status: 'succeeded', attempt: 1 }));
        expect(world.told.map(({ headers }) => headers['webhook-id']).toSorted()).toEqual(
          deliveries.map(({ id }) => String(id)).toSorted(),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('and only the ends that were not taken come again', async () => {
    const world = worldOf();
    await webhook(world);
    const [first, second] = [await ended(world), await ended(world)];
    const refuses = new FrailProcess({ ...STURDY, refused: [0] });
    const left = await world.project([...first, ...second], refuses.through(world.ports));
    // Both are of one tenant, whose webhooks were not read.
    expect([...left].map(({ after }) => after?.id)).toEqual([first.at(-1)?.after?.id, second.at(-1)?.after?.id]);
  });

  it('and what is too much for one run comes again', async () => {
    const world = worldOf();
    await webhook(world);
    const changes: TaskChange[] = [];
    for (let count = 0; count < 101; count++) changes.push(...(await ended(world)));
    const slow = { ...world.ports, payloads: { ...world.ports.payloads, put: slowly, get: async () => undefined } };
    async function slowly(...all: Parameters<typeof world.ports.payloads.put>) {
      world.advance(1);
      return world.ports.payloads.put(...all);
    }
    expect((await world.project(changes, slow as never)).size).toBe(1);
    expect(await world.project(changes)).toEqual(new Set());
    expect(await deliveriesOf(world)).toHaveLength(101);
  });
});
