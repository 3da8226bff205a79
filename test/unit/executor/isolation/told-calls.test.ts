import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import type { SingleTaskDefinition, TaskContext } from '../../../../functions/core/define-task.ts';
import { findDefinition } from '../../../../functions/core/definition/find-definition.ts';
import type { Tracing } from '../../../../functions/core/ports.ts';
import { baseContext } from '../../../../functions/executor/attempt/run-handler.ts';
import { HandlerThreads } from '../../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { isolatedTasks } from '../../../doubles/isolated-tasks.ts';
import { serve } from '../../adapters/loopback-server.ts';

const ENTRY = new URL('../../../doubles/thread.ts', import.meta.url);
const threads = new HandlerThreads(ENTRY, { outboundHosts: '127.0.0.1' }, () => {}, RESOURCE_CLASS_SPECS);
const task = { id: 'a-task', tenantId: 'acme', type: 'call', attempt: 1, maxAttempts: 3 };

it('calls of a handler in a thread are in the segment of its attempt, which is in the executor: those that end, fail and are left', async () => {
  const segments = new AsyncLocalStorage<string>();
  const calls: object[] = [];
  const tracing: Tracing = {
    header: () => undefined,
    isRecording: () => segments.getStore() !== undefined,
    segment: (_name, _trace, _annotations, work) => work(() => {}),
    apart: (work) => work(),
    call: (name, work) => {
      const call = { of: segments.getStore(), name, end: 'none' };
      calls.push(call);
      const end = (how: string) => Object.assign(call, { end: how });
      const called = work();
      called.then(
        () => end('answered'),
        (error) => end(error.code ?? error.name),
      );
      return called;
    },
  };
  const definition = (await findDefinition(isolatedTasks, 'call')) as SingleTaskDefinition;
  const attempt = (to: string, signal = new AbortController().signal) => {
    const ctx = { ...baseContext(signal), task } as TaskContext;
    return threads.isolate(definition, { handler: 'run', input: to }, ctx, tracing);
  };
  const { url } = await serve((request, response) => {
    if (request.url !== '/never') response.end('hello');
  });
  const both = ['a', 'b'].map((name) => segments.run(name, () => attempt(`${url}/${name}`)));
  expect(await Promise.all(both)).toEqual(['hello', 'hello']);
  await expect(segments.run('c', () => attempt('http://localhost:1'))).rejects.toMatchObject({
    code: 'host_not_allowed',
  });
  expect(await attempt(url)).toBe('hello');
  await expect(segments.run('e', () => attempt(`${url}/never`, AbortSignal.timeout(300)))).rejects.toThrow();
  const { host } = new URL(url);
  expect(calls).toHaveLength(4);
  expect(calls).toEqual(
    expect.arrayContaining([
      { of: 'a', name: host, end: 'answered' },
      { of: 'b', name: host, end: 'answered' },
      { of: 'c', name: 'localhost:1', end: 'host_not_allowed' },
      { of: 'e', name: host, end: expect.any(String) },
    ]),
  );
});
