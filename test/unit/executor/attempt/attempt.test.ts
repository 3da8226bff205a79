import { describe, expect, it } from 'vitest';
import { sweep } from '../../../../functions/control/sweep.ts';
import { TaskFailure } from '../../../../functions/core/define-task.ts';
import { AttemptScope } from '../../../../functions/executor/attempt/attempt-scope.ts';
import { bulk, bulkSeed } from '../../../doubles/bulk-world.ts';
import { greet, hello, invoke, metrics, read, submit, visibleIn } from '../../../doubles/executor-world.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';
import { createWorld } from '../../../doubles/world.ts';

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
    expect(world.recorded).toContainEqual({
      of: 'default/normal/0',
      metric: 'wait',
      value: expect.any(Number),
    });
    expect(metrics(world)).toEqual(['accepted', 'wait', 'succeeded', 'execution', 'timeoutUse', 'attempts']);
    expect(world.annotated).toEqual([
      { task_id: seed.id, task_type: 'greet', task_status: 'succeeded', attempt_status: 'completed' },
    ]);
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
    expect(await world.ports.payloads.get(task.tenantId, task.output)).toEqual({ text });
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
    const times = ['execution', 'timeoutUse'];
    expect(metrics(world)).toEqual([
      ...['accepted', 'wait', 'retried', 'error', ...times],
      ...['failed', 'error', ...times, 'attempts'],
    ]);
    const error = { error: 'handler_error', error_message: 'the printer is on fire' };
    expect(world.annotated).toMatchObject([
      { task_status: 'queued', attempt_status: 'failed', ...error },
      { task_status: 'failed', attempt_status: 'failed', ...error },
    ]);
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
  ])('is the last one where %s', async (_, definition, overrides, code) => {
    const world = createWorld([definition]);
    const seed = await submit(world, taskSeed(overrides));
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', attempt: 1, error: { code, retryable: false } });
  });

  it.each(['goodbye', 'constructor'])(
    'is followed by another where its type, %s, is not deployed yet',
    async (type) => {
      const world = createWorld([hello]);
      const seed = await submit(world, taskSeed({ type }));
      await invoke(world);
      const error = { code: 'unknown_task_type', retryable: true };
      expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 1, error });
      expect(visibleIn(world)).toEqual([60]);
    },
  );

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

describe('a failure in a handler', () => {
  it('is logged with its stack and cause, and shown without', async () => {
    const cause = new Error('no paper');
    const world = createWorld([greet(() => Promise.reject(new Error('the printer is on fire', { cause })))]);
    const seed = await submit(world);
    await invoke(world);
    expect(world.logged).toContainEqual(
      expect.objectContaining({
        event: 'handler threw',
        task_id: seed.id,
        stack: expect.stringContaining('attempt.test.ts'),
        cause: expect.objectContaining({ message: 'no paper', stack: expect.stringContaining('no paper') }),
      }),
    );
    expect(JSON.stringify(await read(world, seed))).not.toContain('attempt.test.ts');
  });

  it('that ends the attempt and is thrown as well, as process.exit does, is logged once', async () => {
    const exit = () => {
      const error = new Error('the handler called process.exit(3)');
      AttemptScope.current()?.fail(error, {});
      throw error;
    };
    const tasks = [bulkSeed(1), taskSeed()];
    const world = createWorld([greet(async () => exit()), bulk(async () => exit())]);
    for (const task of tasks) await submit(world, task);
    await invoke(world);
    const threw = world.logged.filter(({ event }) => event === 'handler threw');
    expect(threw.map(({ task_type }) => task_type).toSorted()).toEqual(['bulk', 'greet']);
  });

  it('logs no field in the place of ours', async () => {
    const world = createWorld([
      greet(async (_, ctx) => {
        ctx.log('greeted', { task_id: 'another', level: 'error' });
        return null;
      }),
    ]);
    const seed = await submit(world);
    await invoke(world);
    expect(world.logged).toContainEqual(
      expect.objectContaining({
        level: 'info',
        event: 'greeted',
        task_id: seed.id,
        fields: { task_id: 'another', level: 'error' },
      }),
    );
  });

  it('is final where the output is more than an answer can show', async () => {
    const world = createWorld([greet(async () => '"'.repeat(1_000_000))]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'output_too_large' } });
  });

  it.each([901, 3600, 3 * 86_400])(
    'that asks for %i s waits for the sweeper, which no message outlives',
    async (wait) => {
      const world = createWorld([
        greet(async (_, ctx) => ctx.fail('busy', 'later', { retryable: true, retryAfterSeconds: wait })),
      ]);
      const seed = await submit(world);
      const begun = world.now;
      await invoke(world);
      expect(visibleIn(world)).toEqual([]);
      const sweepNow = () => sweep(world.now + 60_000, { ...world.ports, due: world.ports.store });
      world.advance(wait - 130);
      await sweepNow();
      expect(visibleIn(world)).toEqual([]);
      world.advance(60);
      await sweepNow();
      expect(visibleIn(world)).toEqual([70]);
      world.advance(70);
      expect(await invoke(world)).toEqual([]);
      expect(await read(world, seed)).toMatchObject({
        status: 'queued',
        attempt: 2,
        notBefore: begun + 2 * wait * 1000,
      });
    },
  );

  it('of a circuit that is open costs no attempt, and ends the task where it never closes', async () => {
    let isDown = true;
    let attempts = 0;
    const world = createWorld([
      greet(async (_, ctx) => {
        attempts++;
        if (isDown) ctx.fail('circuit_open', 'down', { retryable: true, retryAfterSeconds: 10 });
        return 'up';
      }),
    ]);
    const [seed, other] = [await submit(world, taskSeed({ maxAttempts: 1 })), await submit(world)];
    const nextAttempts = async (count: number) => {
      for (let round = 0; round < count; round++) {
        await invoke(world);
        world.advance(600);
      }
    };
    await nextAttempts(3);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 3, error: { code: 'circuit_open' } });
    await world.ports.store.cancel(other.tenantId, other.id, world.now);
    isDown = false;
    await nextAttempts(1);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', attempt: 4, maxAttempts: 4 });
    isDown = true;
    const unlucky = await submit(world, taskSeed({ maxAttempts: 2 }));
    attempts = 0;
    await nextAttempts(110);
    expect(await read(world, unlucky)).toMatchObject({ status: 'failed', error: { code: 'circuit_open' } });
    expect(attempts).toBe(101);
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
