import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FanOut, type TaskContext, TaskFailure } from '../../../../functions/core/define-task.ts';
import { findDefinition } from '../../../../functions/core/definition/find-definition.ts';
import type { JsonValue } from '../../../../functions/core/json.ts';
import { baseContext } from '../../../../functions/executor/attempt/run-handler.ts';
import { HandlerThreads } from '../../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { isolatedTasks } from '../../../doubles/isolated-tasks.ts';
import { serve } from '../../adapters/loopback-server.ts';

const ENTRY = new URL('../../../doubles/thread.ts', import.meta.url);

/** A thread without credentials is told where an SDK finds none. */
const NOWHERE = ['AWS_CONFIG_FILE', 'AWS_EC2_METADATA_DISABLED', 'AWS_SHARED_CREDENTIALS_FILE'];

const makeThreads = (entry = ENTRY, lines: unknown[] = []) =>
  new HandlerThreads(entry, { outboundHosts: '127.0.0.1' }, (...line) => lines.push(line), RESOURCE_CLASS_SPECS);

/** Makes an attempt of a type of `isolatedTasks` in one of `threads`; `told` gets the lines that it logs. */
async function attempt(
  threads: HandlerThreads,
  type: string,
  input: JsonValue = null,
  { signal = new AbortController().signal, told = [] as unknown[], credentials = false } = {},
): Promise<JsonValue | FanOut> {
  const definition = await findDefinition(isolatedTasks, type);
  if (definition === undefined || definition.batch !== undefined) throw new Error(type);
  const ctx: TaskContext = {
    task: { id: 'a-task', tenantId: 'acme', type, attempt: 2, maxAttempts: 3 },
    http: { request: () => Promise.reject(new Error('a thread has HTTP of its own')) },
    secret: async (name) => {
      if (name === 'STRIPE') return 'sk_live';
      throw new TaskFailure('unknown_secret', `there is no secret ${name}`);
    },
    log: (...line) => told.push(line),
    progress: (...progress) => told.push(progress),
    ...baseContext(signal),
  };
  return threads.isolate({ ...definition, credentials }, { handler: 'run', input }, ctx);
}

const thrownBy = (attempted: Promise<unknown>): Promise<unknown> =>
  attempted.then(
    (output) => Promise.reject(new Error(`it returned ${output}`)),
    (thrown: unknown) => thrown,
  );

describe('a handler in a thread', () => {
  const threads = makeThreads();

  it('gets its input and its task, and gives its output', async () => {
    expect(await attempt(threads, 'echo', { a: [1, 'ä', null] })).toEqual({ a: [1, 'ä', null] });
    expect(await attempt(threads, 'look')).toMatchObject({
      task: { id: 'a-task', tenantId: 'acme', type: 'look', attempt: 2, maxAttempts: 3 },
    });
  });

  it('has of the environment what its class was given', async () => {
    const data = { outboundHosts: '', environment: { TABLE: 'orders' } };
    const given = new HandlerThreads(ENTRY, data, () => {}, RESOURCE_CLASS_SPECS);
    expect(await attempt(given, 'look')).toMatchObject({ environment: [...NOWHERE, 'TABLE'] });
  });

  it('reads secrets through its executor, which has the credentials', async () => {
    expect(await attempt(threads, 'read a secret', 'STRIPE')).toBe('sk_live');
    expect(await thrownBy(attempt(threads, 'read a secret', 'OTHER'))).toMatchObject({
      code: 'unknown_secret',
      message: 'there is no secret OTHER',
    });
  });

  it('sees nothing of the environment, which has credentials', async () => {
    expect(await attempt(threads, 'look')).toMatchObject({ environment: NOWHERE, flags: [] });
  });

  it('logs through the executor, in order', async () => {
    const told: unknown[] = [];
    await attempt(threads, 'tell', { at: 1 }, { told });
    expect(told).toEqual([['first', { at: 1 }], ['second']]);
  });

  it('calls out through a client of its own, as far as the deployment allows', async () => {
    const { url } = await serve((_, response) => response.end('hello'));
    expect(await attempt(threads, 'call', url)).toBe('hello');
    expect(await thrownBy(attempt(threads, 'call', 'http://localhost:1'))).toMatchObject({ code: 'host_not_allowed' });
  });

  it.each([
    [{}, { retryable: false, retryAfterSeconds: undefined }],
    [
      { retryable: true, retryAfterSeconds: 7 },
      { retryable: true, retryAfterSeconds: 7 },
    ],
  ])('fails as it would outside of it: %j', async (options, failure) => {
    const thrown = await thrownBy(attempt(threads, 'fail', options));
    expect(thrown).toBeInstanceOf(TaskFailure);
    expect(thrown).toMatchObject({ code: 'no_luck', message: 'it did not work', ...failure });
  });

  it('throws as it would outside of it, with its stack for the log; its thread is not used again', async () => {
    const thrown = await thrownBy(attempt(threads, 'throw'));
    expect(thrown).toBeInstanceOf(RangeError);
    expect(thrown).toMatchObject({ message: 'out of range', cause: { message: 'the cause' } });
    expect((thrown as Error).stack).toContain('isolated-tasks.ts');
  });

  it('fails where what it returns cannot leave the thread', async () => {
    expect(await thrownBy(attempt(threads, 'function'))).toMatchObject({ code: 'invalid_output', retryable: false });
  });

  it('throws where the thread cannot start, or has no such type', async () => {
    expect(await thrownBy(attempt(makeThreads(new URL('nowhere.ts', ENTRY)), 'echo'))).toMatchObject({
      message: expect.stringContaining('Cannot find module'),
    });
    const others = makeThreads(new URL('shipped-thread.ts', ENTRY));
    expect(await thrownBy(attempt(others, 'echo'))).toMatchObject({ message: 'this thread has no task type echo' });
  });
});

describe('credentials', () => {
  const variables = { AWS_ACCESS_KEY_ID: 'ofRole', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'token' };
  const data = { outboundHosts: '', environment: { TABLE: 'orders' }, credentials: variables };
  const makeOf = () => new HandlerThreads(ENTRY, data, () => {}, RESOURCE_CLASS_SPECS);
  const threadOf = async (threads: HandlerThreads, credentials: boolean): Promise<unknown> =>
    ((await attempt(threads, 'look', null, { credentials })) as { threadId: number }).threadId;

  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('are had by a handler that asks for them, with all that an SDK goes by', async () => {
    const calls: unknown[] = [];
    const { url } = await serve(({ headers }, response) => {
      calls.push([headers.authorization?.match(/Credential=(\w+)/)?.[1], headers['x-amz-security-token']]);
      response.setHeader('content-type', 'application/x-amz-json-1.0').end('{"TableNames":["orders"]}');
    });
    expect(await attempt(makeOf(), 'call AWS', url, { credentials: true })).toEqual(['orders']);
    expect(calls).toEqual([['ofRole', 'token']]);
    expect(await attempt(makeOf(), 'look', null, { credentials: true })).toMatchObject({
      environment: [...Object.keys(variables), 'TABLE'],
    });
  });

  it('are found by no other, wherever an SDK may look', async () => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const home = mkdtempSync(join(tmpdir(), 'millrace-home-'));
    mkdirSync(join(home, '.aws'));
    writeFileSync(join(home, '.aws/credentials'), '[default]\naws_access_key_id = a\naws_secret_access_key = b\n');
    vi.stubEnv('HOME', home);
    let calls = 0;
    const { url } = await serve((_, response) => response.end(String(calls++)));
    const threads = makeOf();
    expect(await attempt(threads, 'look', null, { credentials: true })).toMatchObject({ threadId: expect.anything() });
    expect(await thrownBy(attempt(threads, 'call AWS', url))).toMatchObject({
      message: 'an isolated handler has no credentials of AWS unless its type says `credentials: true`',
      cause: { name: 'CredentialsProviderError' },
    });
    expect(calls).toBe(0);
  });

  it('are not spoken of where a handler fails by itself, whatever it says', async () => {
    expect(await thrownBy(attempt(makeOf(), 'fail for want of credentials'))).toMatchObject({
      code: 'not_allowed',
      message: 'Could not load credentials from any providers',
      retryable: false,
    });
  });

  it('are in threads of their own, which are no more in all', async () => {
    const threads = makeOf();
    const two = await Promise.all([threadOf(threads, false), threadOf(threads, false)]);
    const trusted = await threadOf(threads, true);
    expect(two).not.toContain(trusted);
    const kept = await threadOf(threads, false);
    expect(two).toContain(kept);
    expect([await threadOf(threads, true), await threadOf(threads, false)]).toEqual([trusted, kept]);
    // One of the two made room for the third, and that makes room in its turn.
    const again = await Promise.all([threadOf(threads, false), threadOf(threads, false)]);
    expect(again.filter((thread) => two.includes(thread))).toEqual([kept]);
    expect(await threadOf(threads, true)).not.toBe(trusted);
  });
});

describe('an abort', () => {
  const reason = new TaskFailure('timeout', 'too long', { retryable: true });
  const abortAfter = (milliseconds: number): AbortSignal => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), milliseconds);
    return controller.signal;
  };

  it('ends an endless loop, and leaves the other threads alone', async () => {
    const threads = makeThreads();
    const [hung, ...echoes] = await Promise.all([
      thrownBy(attempt(threads, 'hang', null, { signal: abortAfter(600) })),
      ...[1, 2, 3, 4, 5].map((number) => attempt(threads, 'echo', number)),
    ]);
    expect(hung).toBe(reason);
    expect(echoes).toEqual([1, 2, 3, 4, 5]);
    expect(await Promise.all([6, 7, 8].map((number) => attempt(threads, 'echo', number)))).toEqual([6, 7, 8]);
  });

  it('aborts the signal of a handler, whose thread is then kept', async () => {
    const threads = makeThreads();
    const told: unknown[] = [];
    const before = await attempt(threads, 'look');
    const thrown = await thrownBy(attempt(threads, 'obey', null, { signal: abortAfter(50), told }));
    expect(thrown).toMatchObject({ name: 'TaskFailure', code: 'timeout', message: 'too long', retryable: true });
    expect(await attempt(threads, 'look')).toEqual(before);
  });

  it('ends the wait for a thread', async () => {
    const threads = makeThreads();
    const hung = [1, 2].map(() => thrownBy(attempt(threads, 'hang', null, { signal: abortAfter(600) })));
    const impatient = thrownBy(attempt(threads, 'echo', null, { signal: abortAfter(100) }));
    const patient = attempt(threads, 'echo', 'patient');
    expect(await Promise.race([impatient, ...hung.map(() => sleep(500, 'late'))])).toBe(reason);
    expect(await patient).toBe('patient');
    expect(await Promise.all(hung)).toEqual([reason, reason]);
  });

  it('that came before keeps the handler from starting', async () => {
    expect(await thrownBy(attempt(makeThreads(), 'hang', null, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe('a thread that dies', () => {
  it.each([
    ['exit', { message: 'the handler ended the thread that it ran in' }],
    ['stray', { message: 'nobody caught it' }],
  ])('of its own doing (%s) fails its attempt, and is replaced', async (type, failure) => {
    const threads = makeThreads();
    expect(await thrownBy(attempt(threads, type))).toMatchObject(failure);
    expect(await attempt(threads, 'echo', 1)).toBe(1);
  });

  it('of too much memory fails its attempt for good, unless the thread was used before', async () => {
    const threads = makeThreads();
    expect(await thrownBy(attempt(threads, 'hoard'))).toMatchObject({
      code: 'out_of_memory',
      message: 'the handler took more than 48 MB of heap',
      retryable: false,
    });
    expect(await attempt(threads, 'echo', 1)).toBe(1);
    expect(await thrownBy(attempt(threads, 'hoard'))).toMatchObject({ code: 'out_of_memory', retryable: true });
  }, 60_000);

  it('of too much memory takes little more than its own, whatever heap the executor is given', {
    timeout: 60_000,
  }, () => {
    const program = `
      const { HandlerThreads } = await import('./functions/executor/isolation/handler-threads.ts');
      const { isolatedTasks } = await import('./test/doubles/isolated-tasks.ts');
      const { RESOURCE_CLASS_SPECS } = await import('./functions/resource-classes.ts');
      const { isolate } = new HandlerThreads(new URL('file://${ENTRY.pathname}'), { outboundHosts: '' }, () => {}, RESOURCE_CLASS_SPECS);
      const ctx = { task: { type: 'hoard' }, signal: new AbortController().signal };
      const before = process.resourceUsage().maxRSS;
      const error = await isolate(await isolatedTasks.hoard(), { handler: 'run', input: null }, ctx).catch((e) => e);
      console.log(JSON.stringify({ code: error.code, megabytes: (process.resourceUsage().maxRSS - before) / 1024 }));`;
    const { stdout } = spawnSync(
      process.execPath,
      ['--max-old-space-size=2000', '--input-type=module', '--eval', program],
      { cwd: new URL('../../../..', import.meta.url), encoding: 'utf8' },
    );
    const { code, megabytes } = JSON.parse(stdout);
    expect(code).toBe('out_of_memory');
    expect(megabytes).toBeLessThan(200);
  });
});
