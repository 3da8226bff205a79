import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask, type TaskDefinition, TaskFailure } from '../../../functions/core/define-task.ts';
import { encodeMessage } from '../../../functions/core/message.ts';
import { queuedTask, type TaskSeed } from '../../../functions/core/task.ts';
import { handleBatch } from '../../../functions/executor/handle-batch.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const greet = (run: TaskDefinition<{ name: string }>['run'], overrides: Partial<TaskDefinition> = {}): TaskDefinition =>
  defineTask({
    type: 'greet',
    description: 'Greets someone',
    resources: 'default',
    priority: 'normal',
    timeoutSeconds: 10,
    retry: { maxAttempts: 3, baseDelaySeconds: 4, maxDelaySeconds: 60 },
    input: z.strictObject({ name: z.string() }),
    run,
    ...overrides,
  }) as TaskDefinition;

const hello = greet(async ({ name }) => ({ greeting: `Hello ${name}` }));

/** One invocation on whatever is visible: what is not kept is deleted, as the event source does. */
async function invoke(world: World, remainingSeconds = 60): Promise<string[]> {
  const deliveries = world.queue.receive();
  const kept = await handleBatch(deliveries, remainingSeconds, world.ports);
  for (const { messageId } of deliveries) if (!kept.includes(messageId)) world.queue.messages.delete(messageId);
  return kept;
}

async function submit(world: World, seed: TaskSeed = taskSeed()): Promise<TaskSeed> {
  await world.ports.queue.send(seed, 0);
  await world.ports.store.insert(queuedTask(seed));
  return seed;
}

const read = (world: World, { tenantId, id }: TaskSeed) => world.ports.store.get(tenantId, id, world.now);
const visibleIn = (world: World): number[] =>
  [...world.queue.messages.values()].map(({ visibleAt }) => (visibleAt - world.now) / 1000);
const metrics = (world: World): string[] => world.recorded.map(({ metric }) => metric);

describe('a task that succeeds', () => {
  it('is claimed, run, settled and deleted', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    world.advance(2);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject({
      status: 'succeeded',
      attempt: 1,
      output: { inline: { greeting: 'Hello Ada' } },
    });
    expect(world.queue.messages.size).toBe(0);
    expect(world.recorded).toContainEqual({ executorKey: 'default/normal/0', metric: 'wait', value: expect.any(Number) });
    expect(metrics(world)).toEqual(['wait', 'execution', 'succeeded']);
    expect(world.annotated).toEqual([{ task_id: seed.id, task_type: 'greet', task_status: 'succeeded' }]);
  });

  it('runs even where its row was never written', async () => {
    const world = createWorld([hello]);
    const seed = taskSeed();
    await world.ports.queue.send(seed, 0);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
  });

  it('keeps a large output out of its row', async () => {
    const text = 'x'.repeat(5000);
    const world = createWorld([greet(async () => ({ text }))]);
    const seed = await submit(world);
    await invoke(world);
    const task = await read(world, seed);
    if (task?.status !== 'succeeded') throw new Error(task?.status);
    expect(task.output).toHaveProperty('ref');
    expect(await world.ports.payloads.get(task.output)).toEqual({ text });
  });

  it('succeeds with null where its handler returns nothing', async () => {
    const world = createWorld([greet(async () => undefined as never)]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: null } });
  });
});

describe('an attempt that fails', () => {
  const broken = greet(async () => {
    throw new Error('the printer is on fire');
  });

  it('is followed by another after a backoff, and by none after the last', async () => {
    const world = createWorld([broken]);
    const seed = await submit(world, taskSeed({ maxAttempts: 2 }));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({
      status: 'queued',
      attempt: 1,
      notBefore: world.now + 2000,
      error: { code: 'handler_error', message: 'the printer is on fire', retryable: true },
    });
    expect(visibleIn(world)).toEqual([2]);
    world.advance(2);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', attempt: 2, error: { code: 'handler_error' } });
    expect(world.queue.messages.size).toBe(0);
    expect(metrics(world)).toEqual(['wait', 'execution', 'retried', 'execution', 'failed']);
    expect(world.annotated[1]).toMatchObject({ error: 'handler_error', error_message: 'the printer is on fire' });
  });

  it('waits as long as the failure asks for', async () => {
    const world = createWorld([
      greet(async (_, ctx) => ctx.fail('busy', 'later', { retryable: true, retryAfterSeconds: 33 })),
    ]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ notBefore: world.now + 33_000 });
  });

  it('is the last one where the error says so', async () => {
    const world = createWorld([greet(async (_, ctx) => ctx.fail('no_such_user', 'Ada is unknown'))]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'no_such_user' } });
  });

  it.each([
    ['its input does not fit', hello, { input: { inline: { name: 7 } } }, 'invalid_input'],
    ['its output cannot be JSON', greet(async () => 10n as never), {}, 'invalid_output'],
    ['its type is not deployed', hello, { type: 'goodbye' }, 'unknown_task_type'],
    ['its type is a name of Object', hello, { type: 'constructor' }, 'unknown_task_type'],
  ])('is the last one where %s', async (_, definition, overrides, code) => {
    const world = createWorld([definition]);
    const seed = await submit(world, taskSeed(overrides));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', attempt: 1, error: { code, retryable: false } });
  });

  it('keeps its own message where the next cannot be sent', async () => {
    const world = createWorld([broken]);
    const seed = await submit(world);
    world.ports.queue.send = () => Promise.reject(new Error('throttled'));
    const kept = await invoke(world);
    expect(kept).toHaveLength(1);
    expect(visibleIn(world)).toEqual([2]);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 1 });
  });
});

describe('a timeout', () => {
  it('ends the attempt, tells the handler, and drops what it returns later', async () => {
    let signal: AbortSignal | undefined;
    let finish = (_: string): void => {};
    const stubborn = greet((_, ctx) => {
      signal = ctx.signal;
      return new Promise((resolve) => (finish = resolve));
    });
    const world = createWorld([stubborn]);
    const seed = await submit(world, taskSeed({ timeoutSeconds: 0.02, maxAttempts: 1 }));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'timeout', retryable: true } });
    expect(signal?.reason).toBeInstanceOf(TaskFailure);
    finish('too late');
    await new Promise(setImmediate);
    expect(await read(world, seed)).toMatchObject({ status: 'failed' });
  });

  it('does not hold up the other tasks of the batch', async () => {
    const world = createWorld([
      greet(({ name }) => (name === 'stuck' ? new Promise(() => {}) : Promise.resolve({ greeting: name }))),
    ]);
    const stuck = await submit(world, taskSeed({ timeoutSeconds: 0.02, input: { inline: { name: 'stuck' } } }));
    const fine = await submit(world);
    await invoke(world);
    expect(await read(world, fine)).toMatchObject({ status: 'succeeded' });
    expect(await read(world, stuck)).toMatchObject({ status: 'queued', error: { code: 'timeout' } });
  });
});

describe('a message', () => {
  it('of a finished task is deleted and nothing runs', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    await invoke(world);
    const finished = await read(world, seed);
    await world.ports.queue.send(seed, 0);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toEqual(finished);
  });

  it('delivered twice at once runs once; the other delivery waits for the lease', async () => {
    let runs = 0;
    const world = createWorld([greet(async () => ++runs)]);
    const seed = await submit(world);
    await world.ports.queue.send(seed, 0);
    const kept = await invoke(world);
    expect(runs).toBe(1);
    expect(kept).toHaveLength(1);
    expect(visibleIn(world)).toEqual([25]);
    world.advance(25);
    expect(await invoke(world)).toEqual([]);
    expect(runs).toBe(1);
  });

  it('of another submit of the same id is deleted and changes nothing', async () => {
    const world = createWorld([hello]);
    const seed = taskSeed();
    await world.ports.store.insert(queuedTask(seed));
    await world.ports.queue.send({ ...seed, fingerprint: 'fingerprint-b' }, 0);
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toEqual(queuedTask(seed));
  });

  it('comes back unclaimed at once where the time left is too short', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    expect(await invoke(world, 12)).toHaveLength(1);
    expect(visibleIn(world)).toEqual([0]);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 0 });
  });

  it.each([
    ['is not JSON', 'nonsense', 'the body is not JSON'],
    ['is of an unknown version', '{"v":2,"task":{}}', 'v: '],
    ['lacks its task', '{"v":1}', 'task: '],
    ['has a part that is wrong', encodeMessage(taskSeed()).replace('"greet"', '7'), 'task.type: '],
  ])('that %s goes to the dead letters with its reason, and is deleted', async (_, body, reason) => {
    const world = createWorld([hello]);
    world.queue.put(body);
    const healthy = await submit(world);
    expect(await invoke(world)).toEqual([]);
    expect(world.queue.deadLetters).toEqual([{ body, reason: expect.stringContaining(reason) }]);
    expect(await read(world, healthy)).toMatchObject({ status: 'succeeded' });
  });

  it('that cannot be set aside is kept', async () => {
    const world = createWorld([hello]);
    world.queue.put('nonsense');
    world.ports.deliveries.quarantine = () => Promise.reject(new Error('throttled'));
    expect(await invoke(world)).toHaveLength(1);
  });
});

describe('an executor that is lost', () => {
  it('has its task run again once the lease ends, within the timeout and 30 s', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    const [delivery] = world.queue.receive();
    if (delivery === undefined) throw new Error('nothing was delivered');
    const settle = world.ports.store.settle;
    world.ports.store.settle = () => Promise.reject(new Error('killed'));
    expect(await handleBatch([delivery], 60, world.ports)).toEqual([delivery.messageId]);
    world.ports.store.settle = settle;
    expect(visibleIn(world)[0]).toBeLessThanOrEqual(seed.timeoutSeconds + 30);
    world.advance(seed.timeoutSeconds + 30);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });

  it('each time fails its task as executor_lost after the last attempt', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world, taskSeed({ maxAttempts: 2 }));
    for (const attempt of [1, 2]) {
      await world.ports.store.claim(seed, { token: `lost-${attempt}` as never, expiresAt: world.now }, world.now);
    }
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'executor_lost' } });
  });

  it('drops the outcome of an attempt that lost its lease, and keeps the message', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    const slow = greet(async () => {
      world.advance(60);
      await world.ports.store.claim(seed, { token: 'thief' as never, expiresAt: world.now + 1000 }, world.now);
      return 'stale';
    });
    Object.assign(world.ports, { catalog: { greet: async () => slow } });
    expect(await invoke(world)).toHaveLength(1);
    expect(await read(world, seed)).toMatchObject({ status: 'running', attempt: 2, leaseToken: 'thief' });
    expect(metrics(world)).toEqual(['wait']);
  });
});

describe('a platform that fails', () => {
  it.each(['claim', 'settle'] as const)('at %s keeps the message and spares the others', async (verb) => {
    const world = createWorld([hello]);
    const unlucky = await submit(world);
    const lucky = await submit(world);
    const original = world.ports.store[verb].bind(world.ports.store) as (...args: never[]) => Promise<never>;
    Object.assign(world.ports.store, {
      [verb]: (task: TaskSeed, ...rest: never[]) =>
        task.id === unlucky.id ? Promise.reject(new Error('throttled')) : original(task as never, ...rest),
    });
    expect(await invoke(world)).toHaveLength(1);
    expect(await read(world, lucky)).toMatchObject({ status: 'succeeded' });
    expect(world.logged).toContainEqual(expect.objectContaining({ level: 'error', event: 'platform failure' }));
  });

  it('at changing the visibility still runs the tasks', async () => {
    const world = createWorld([hello]);
    const seed = await submit(world);
    world.ports.deliveries.hold = () => Promise.reject(new Error('throttled'));
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
  });
});
