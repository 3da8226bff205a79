import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import { TaskFailure } from '../../../functions/core/define-task.ts';
import { MAX_ERROR_BYTES } from '../../../functions/core/task/attempt-record.ts';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import { HandlerThreads } from '../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { bulk, bulkSeed, sent } from '../../doubles/bulk-world.ts';
import { greet, hello, invoke, read, submit } from '../../doubles/executor-world.ts';
import { makeSum, part, runDry, sumOf } from '../../doubles/fan-out-world.ts';
import { isolatedTasks } from '../../doubles/isolated-tasks.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld, type World } from '../../doubles/world.ts';

const recordsOf = (world: World, seed: TaskSeed) => world.ports.attempts.latest(seed, 100);

/** The places of this file alone, one a line. */
const OWN_STACK = /^(at .*attempt-records\.test\.ts:\d+:\d+(\n|$))+$/;

/** Makes attempts at a task until it has ended. */
async function runToEnd(world: World, seed: TaskSeed): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await invoke(world);
    const task = await read(world, seed);
    if (task !== undefined && 'finishedAt' in task) return;
    world.advance(301);
  }
}

/** Fails in another place each time. */
const failures = [
  () => {
    throw new RangeError('out of range', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
  },
  () => Promise.reject('a text'),
  () => JSON.parse('{'),
  () => {
    throw new TaskFailure('card_declined', 'no money', { retryable: true, cause: new Error('402') });
  },
  () => {
    throw new AggregateError([new Error('first'), new TypeError('second')], 'both');
  },
];

describe('a task whose five attempts fail', () => {
  const unlucky = greet(async (_, ctx) => {
    ctx.progress(ctx.task.attempt / 10, 'on it');
    await failures[ctx.task.attempt - 1]?.();
    return {};
  });

  it('has five records, each with its own error, causes, place and progress', async () => {
    const world = createWorld([unlucky]);
    const seed = await submit(world, taskSeed({ maxAttempts: 5 }));
    await runToEnd(world, seed);
    const records = await recordsOf(world, seed);
    expect(records.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'retried'],
      [2, 'retried'],
      [3, 'retried'],
      [4, 'retried'],
      [5, 'failed'],
    ]);
    expect(records.map(({ error }) => error)).toMatchObject([
      {
        code: 'handler_error',
        class: 'RangeError',
        causes: [{ class: 'Error', code: 'ECONNREFUSED', message: 'refused' }],
      },
      { code: 'handler_error', message: 'a text' },
      { code: 'handler_error', class: 'SyntaxError' },
      {
        code: 'card_declined',
        message: 'no money',
        class: 'TaskFailure',
        causes: [{ class: 'Error', message: '402' }],
      },
      {
        class: 'AggregateError',
        causes: [
          { class: 'Error', message: 'first' },
          { class: 'TypeError', message: 'second' },
        ],
      },
    ]);
    for (const place of [0, 2, 3, 4]) expect(records[place]?.error?.stack).toMatch(OWN_STACK);
    expect(new Set(records.map(({ error }) => error?.stack?.split('\n')[0])).size).toBe(5);
    expect(records.map(({ progress }) => progress?.fraction)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
    for (const { startedAt, endedAt, executorKey } of records) {
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      expect(executorKey).toBe(seed.executorKey);
    }
  });

  it('is no larger for what lies behind its errors', async () => {
    const world = createWorld([unlucky]);
    const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
    await invoke(world);
    expect(Object.keys((await read(world, seed)) ?? {})).not.toContain('thrown');
    expect(await read(world, seed)).toMatchObject({ error: { code: 'handler_error', retryable: true } });
  });
});

it('an error that is too large is cut to what a record has room for', async () => {
  const large = greet(async () => {
    throw new Error('ü'.repeat(5_000), {
      cause: new Error('€'.repeat(5_000), { cause: new Error('x'.repeat(5_000)) }),
    });
  });
  const world = createWorld([large]);
  const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
  await invoke(world);
  const [record] = await recordsOf(world, seed);
  expect(record?.error?.stack).toMatch(OWN_STACK);
  expect(Buffer.byteLength(JSON.stringify(record?.error))).toBeLessThanOrEqual(MAX_ERROR_BYTES);
});

it('a task that succeeds, or fans out, has none', async () => {
  const { sum } = makeSum();
  const world = createWorld([hello, sum, part]);
  const seeds = [await submit(world), await submit(world, sumOf([1, 2]))];
  await runDry(world);
  for (const seed of seeds) {
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    expect(await recordsOf(world, seed)).toEqual([]);
  }
});

describe('a record is kept', () => {
  it('of each task of a batch, with the error of each', async () => {
    const definition = bulk(
      async (items) => items.map(({ input }) => new RangeError(`number ${input.number}`)) as never,
    );
    const tasks = [0, 1, 2].map((number) => bulkSeed(number));
    const world = await sent(definition, tasks);
    await invoke(world);
    for (const [number, task] of tasks.entries()) {
      const [record] = await recordsOf(world, task);
      expect(record).toMatchObject({ number: 1, outcome: 'retried', error: { class: 'RangeError' } });
      expect(record?.error?.message).toContain(`number ${number}`);
      expect(record?.error?.stack).toMatch(OWN_STACK);
    }
  });

  it('of a batch whose handler throws, for all of its tasks', async () => {
    const definition = bulk(async () => {
      throw new Error('all at once');
    });
    const tasks = [0, 1].map((number) => bulkSeed(number));
    const world = await sent(definition, tasks);
    await invoke(world);
    for (const task of tasks) {
      const [record] = await recordsOf(world, task);
      expect(record).toMatchObject({ error: { message: 'all at once', stack: expect.stringMatching(OWN_STACK) } });
    }
  });

  it('of a handler in a thread, with the place in its own code and what lies behind a failure', async () => {
    const entry = new URL('../../doubles/thread.ts', import.meta.url);
    const { isolate } = new HandlerThreads(entry, { outboundHosts: '' }, () => {}, RESOURCE_CLASS_SPECS);
    const around = createWorld(await Promise.all(Object.values(isolatedTasks).map((load) => load())));
    const world = { ...around, ports: { ...around.ports, isolate } };
    const [throws, fails] = ['throw', 'fail'].map((type) =>
      taskSeed({ type, maxAttempts: 1, input: { inline: type === 'fail' ? {} : null } }),
    ) as [TaskSeed, TaskSeed];
    for (const seed of [throws, fails]) await submit(world, seed);
    await invoke(world);
    expect(await recordsOf(world, throws)).toMatchObject([
      {
        outcome: 'failed',
        error: {
          class: 'RangeError',
          causes: [{ class: 'Error', message: 'the cause' }],
          stack: expect.stringMatching(/^at .*doubles\/isolated-tasks\.ts:\d+:\d+/),
        },
      },
    ]);
    expect(await recordsOf(world, fails)).toMatchObject([
      { error: { code: 'no_luck', stack: expect.stringMatching(/^at .*doubles\/isolated-tasks\.ts:\d+:\d+/) } },
    ]);
  });

  it('of an attempt that combines, apart from the one that fanned out', async () => {
    const { sum } = makeSum('collect');
    const broken = { ...sum, fanOut: { onFailure: 'collect', combine: () => Promise.reject(new Error('no sum')) } };
    const world = createWorld([broken as never, part]);
    const seed = await submit(world, sumOf([1]));
    await runDry(world);
    expect(await recordsOf(world, seed)).toMatchObject([
      { number: 2, outcome: 'failed', error: { message: 'no sum' } },
    ]);
  });

  it('of a timeout, with how far the attempt was', async () => {
    const slow = greet(async (_, ctx) => {
      ctx.progress(0.7, 'nearly');
      return new Promise(() => {});
    });
    const world = createWorld([slow]);
    const seed = await submit(world, taskSeed({ timeoutSeconds: 0.02, maxAttempts: 1 }));
    await invoke(world);
    expect(await recordsOf(world, seed)).toMatchObject([
      { outcome: 'failed', error: { code: 'timeout' }, progress: { fraction: 0.7, note: 'nearly' } },
    ]);
  });

  it('of a cancelled attempt, and of one that failed while its task was to be cancelled', async () => {
    const cancelled = async (run: Parameters<typeof greet>[0]) => {
      const world = createWorld([greet(run)]);
      const seed = await submit(world);
      Object.assign(world.ports, { checkMilliseconds: 10 });
      const invoked = invoke(world);
      await expect.poll(async () => (await read(world, seed))?.status).toBe('running');
      await world.ports.store.cancel(seed.tenantId, seed.id, world.now);
      await invoked;
      return recordsOf(world, seed);
    };
    expect(await cancelled(() => new Promise(() => {}))).toMatchObject([{ number: 1, outcome: 'cancelled' }]);
    const late = await cancelled(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('stopped');
    });
    expect(late).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('of an input that does not fit, a type that there is not, and a definition that cannot be loaded', async () => {
    const world = createWorld([hello]);
    const broken = async () => {
      throw new Error('the module is broken', { cause: new SyntaxError('where') });
    };
    Object.assign(world.ports, { catalog: { ...world.ports.catalog, broken } });
    const seeds = [
      taskSeed({ input: { inline: { name: 7 } }, maxAttempts: 1 }),
      taskSeed({ type: 'nobody-knows', maxAttempts: 1 }),
      taskSeed({ type: 'broken', maxAttempts: 1 }),
    ];
    for (const seed of seeds) await submit(world, seed);
    await invoke(world);
    const codes = await Promise.all(
      seeds.map(async (seed) => (await recordsOf(world, seed)).map(({ error }) => error?.code)),
    );
    expect(codes.slice(0, 2)).toEqual([['invalid_input'], ['unknown_task_type']]);
    expect(codes[2]).toHaveLength(1);
  });

  it('of what could begin nothing, which is given back', async () => {
    const world = createWorld([
      greet(async (_, ctx) => ctx.fail('connections_busy', 'all are taken', { retryable: true })),
    ]);
    const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
    await invoke(world);
    expect(await recordsOf(world, seed)).toMatchObject([{ number: 1, outcome: 'given_back' }]);
  });
});

it('an attempt whose executor was lost has none, nor the task that ended by it', async () => {
  const world = createWorld([hello]);
  const seed = await submit(world, taskSeed({ maxAttempts: 1 }));
  await world.ports.store.claim(seed, { token: 'gone' as never, expiresAt: world.now + 1_000 }, world.now);
  world.advance(60);
  await invoke(world);
  await sweep(world.now + 10_000, world.ports as never).catch(() => {});
  expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'executor_lost' } });
  expect(await recordsOf(world, seed)).toEqual([]);
});

describe('a record that cannot be kept', () => {
  const broken = greet(async () => {
    throw new Error('boom');
  });

  it.each<[string, () => Promise<never>]>([
    ['is refused', () => Promise.reject(new Error('ProvisionedThroughputExceeded'))],
    ['is not answered', () => new Promise(() => {})],
    [
      'throws at once',
      () => {
        throw new Error('no such table');
      },
    ],
  ])('and %s is logged and counted, and the settlement stands', async (_, put) => {
    const world = createWorld([broken]);
    Object.assign(world.ports.attempts, { put });
    const seed = await submit(world, taskSeed({ maxAttempts: 2 }));
    expect(await invoke(world)).toEqual([]);
    expect(await read(world, seed)).toMatchObject({ status: 'queued', attempt: 1 });
    expect(world.queue.messages.size).toBe(1);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', event: 'attempt not recorded', task_id: seed.id, attempt: 1 }),
    );
    expect(world.recorded).toContainEqual({ of: 'executor', metric: 'attemptsUnrecorded', value: 1 });
  });
});
