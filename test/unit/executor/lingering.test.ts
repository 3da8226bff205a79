import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { type TaskContext, TaskFailure } from '../../../functions/core/define-task.ts';
import { findDefinition } from '../../../functions/core/definition/find-definition.ts';
import type { JsonValue } from '../../../functions/core/json.ts';
import { baseContext } from '../../../functions/executor/attempt/run-handler.ts';
import { HandlerThreads } from '../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { bulk, bulkSeed, sent, standings } from '../../doubles/bulk-world.ts';
import { greet, invoke, read, submit } from '../../doubles/executor-world.ts';
import { isolatedTasks } from '../../doubles/isolated-tasks.ts';
import { createWorld } from '../../doubles/world.ts';

const ENTRY = new URL('../../doubles/thread.ts', import.meta.url);

function makeThread() {
  const lines: unknown[][] = [];
  const { isolate } = new HandlerThreads(
    ENTRY,
    { outboundHosts: '' },
    (...line) => lines.push(line),
    RESOURCE_CLASS_SPECS,
  );
  const told: unknown[][] = [];
  /** Makes one attempt after another, in the same thread for as long as it serves. */
  const run = async (type: string, input: JsonValue, id = type) => {
    const definition = await findDefinition(isolatedTasks, type);
    if (definition === undefined || definition.batch !== undefined) throw new Error(type);
    const ctx = {
      ...baseContext(new AbortController().signal),
      task: { id, tenantId: 'acme', type, attempt: 1, maxAttempts: 1 },
      http: { request: () => Promise.reject(new Error('a thread has HTTP of its own')) },
      secret: async () => '',
      log: (...line: unknown[]) => told.push(line),
      progress: (...progress: unknown[]) => told.push(progress),
    };
    return isolate(definition, { handler: 'run', input }, ctx);
  };
  return { run, lines, told };
}

describe('a thread', () => {
  it('whose task has left something running serves no other', async () => {
    const { run, lines } = makeThread();
    const first = await run('linger', 'timer', 'one');
    expect(await run('linger', null, 'two')).not.toBe(first);
    expect(lines).toContainEqual([
      'warn',
      'thread ended: its attempt left something running',
      { task_id: 'one', task_type: 'linger', attempt: 1, left: ['Timeout'] },
    ]);
  });

  it('whose task has left more outside of its heap than fits into it serves no other', async () => {
    const { run, lines } = makeThread();
    const first = await run('keep', 10);
    expect(await run('keep', 60, 'large')).toBe(first);
    expect(await run('keep', 0)).not.toBe(first);
    expect(lines).toEqual([
      [
        'warn',
        'thread ended: its attempt left something running',
        {
          task_id: 'large',
          task_type: 'keep',
          attempt: 1,
          left: [expect.stringMatching(/^\d+ MB outside of its heap$/)],
        },
      ],
    ]);
  });

  it('whose task has left nothing serves the next', async () => {
    const { run, lines } = makeThread();
    const first = await run('linger', null);
    expect(await run('linger', null)).toBe(first);
    expect(lines).toEqual([]);
  });

  it.each([
    ['rejection', 'late'],
    ['exit', 'the handler called process.exit(1), which ends nothing but its attempt'],
    ['listener', 'late'],
  ])(
    'tells of an error that comes late by the task that left it (%s), and no other feels it',
    async (what, message) => {
      const { run, lines } = makeThread();
      await run('linger', what, 'one');
      expect(await run('rest', 300, 'two')).toBe('rested');
      await expect
        .poll(() => lines)
        .toContainEqual([
          'warn',
          'error after the attempt had ended',
          expect.objectContaining({ task_id: 'one', attempt: 1, error_message: message }),
        ]);
      expect(JSON.stringify(lines)).not.toContain('two');
    },
  );

  it('logs whatever it is given, as it would be outside of it', async () => {
    const { run, told, lines } = makeThread();
    await run('log what JSON cannot carry', null);
    expect(told).toHaveLength(5);
    expect(told[0]).toEqual(['odd', { n: expect.anything() }]);
    expect(told[4]).toEqual(['7']);
    // A line and the end of its attempt come by two ports, in any order.
    const line = ['warn', 'by the console { n: 10n }', expect.objectContaining({ attempt: 1 })];
    await vi.waitFor(() => expect(lines).toContainEqual(line));
  });

  it('names the task of all that it writes by the console', async () => {
    const { run, lines } = makeThread();
    await run('write by the console', null, 'one');
    const fields = { task_id: 'one', task_type: 'write by the console', attempt: 1 };
    const texts: readonly [string, RegExp][] = [
      ['info', /^group$/],
      ['info', /^text 7$/],
      ['info', /^\{ dir: 1 \}$/],
      ['info', /^┌[\s\S]*table[\s\S]*┘$/],
      ['warn', /^Assertion failed: assert$/],
      ['info', /^time: /],
      ['info', /^count: 1$/],
      ['error', /^Trace: trace\n/],
    ];
    const expected = texts.map(([level, text]) => [level, expect.stringMatching(text), fields]);
    await vi.waitFor(() => expect(lines).toEqual(expected));
  });

  it('refuses a progress that is none where the handler can catch it', async () => {
    const { run, told } = makeThread();
    expect(await run('tell a wrong progress', null)).toEqual([
      'TypeError: progress is a number from 0 to 1, not NaN',
      'TypeError: progress is a number from 0 to 1, not string',
      'TypeError: progress is a number from 0 to 1, not bigint',
      'TypeError: a note of progress is text, not number',
      'TypeError: a note of progress is text, not object',
      'TypeError: a note of progress is text, not function',
    ]);
    expect(told).toEqual([]);
  });
});

describe('a handler outside of a thread', () => {
  it('logs whatever it is given', async () => {
    const world = createWorld([
      greet(async (_, ctx) => {
        ctx.log('odd', { n: 10n } as never);
        ctx.log(7n as never);
        return null;
      }),
    ]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'odd', task_id: seed.id }));
  });

  it('that goes on after ctx.fail has its output, and the log warns of it', async () => {
    const world = createWorld([
      greet(async (_, ctx) => {
        try {
          ctx.fail('no_luck', 'it did not work');
        } catch {}
        return 'well';
      }),
    ]);
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded', output: { inline: 'well' } });
    expect(world.logged).toContainEqual(
      expect.objectContaining({
        event: 'ctx.fail was caught: the attempt goes on',
        task_id: seed.id,
        error: 'no_luck',
      }),
    );
  });

  it('has its signal aborted when it is over, and its requests with it', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const around = createWorld([
      greet(async (_, ctx) => {
        signals.push(ctx.signal);
        const request = { signal: new AbortController().signal };
        const answers = [ctx.http.request('http://a.example/'), ctx.http.request('http://a.example/', request)];
        await Promise.all(answers);
        expect(signals.map((signal) => signal?.aborted)).toEqual([false, false, false]);
        return null;
      }),
    ]);
    const http = {
      request: async (_url: string, { signal }: { signal?: AbortSignal }) => {
        signals.push(signal);
        return { status: 200, headers: {}, body: undefined as never };
      },
    };
    const world = { ...around, ports: { ...around.ports, http: { of: () => http as never } } };
    const seed = await submit(world);
    await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'succeeded' });
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
  });
});

describe('a batch', () => {
  const seeds = Array.from({ length: 4 }, (_, number) => bulkSeed(number));

  it('takes promises for outcomes, each for its task alone', async () => {
    const world = await sent(
      bulk(
        async (items) =>
          items.map(async ({ input: { number } }) => {
            await sleep(1);
            if (number === 1) throw new Error('boom');
            return number;
          }) as never,
      ),
      seeds,
    );
    await invoke(world);
    expect(await standings(world, seeds)).toEqual([0, 'queued: handler_error', 2, 3]);
  });

  it('lets its handler put no task into the place of another', async () => {
    const world = await sent(
      bulk(async (items) => {
        (items as unknown[]).reverse();
        return items.map(({ input }) => input.number);
      }),
      seeds,
    );
    await invoke(world);
    expect(await standings(world, seeds)).toEqual(Array(4).fill('queued: handler_error'));
  });

  it('takes no fan-out for an outcome', async () => {
    const world = await sent(
      bulk(
        async (items, ctx) =>
          items.map(({ input: { number } }) =>
            number === 1 ? (ctx as unknown as TaskContext).fanOut([]) : number,
          ) as never,
      ),
      seeds,
    );
    await invoke(world);
    expect(await standings(world, seeds)).toEqual([0, 'failed: invalid_output', 2, 3]);
  });

  it('fails one task by an outcome that cannot even be read, and no other', async () => {
    const odd = [
      new TaskFailure(422 as never, 'boom'),
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('gotcha');
        },
      }),
      new Proxy(new Error('x'), {
        getPrototypeOf: () => {
          throw new Error('gotcha');
        },
      }),
    ];
    const world = await sent(
      bulk(async (items) => items.map((_, place) => odd[place] ?? 'well') as never),
      seeds,
    );
    await invoke(world);
    const [first, second, third, ...rest] = await standings(world, seeds);
    expect(first).toBe('failed: invalid_code');
    expect([second, third]).toEqual(Array(2).fill(expect.stringMatching(/^(queued|failed): /)));
    expect(rest).toEqual(['well']);
  });
});
