import { describe, expect, it } from 'vitest';
import { invoke } from '../../doubles/executor-world.ts';
import { startUnkindApi, unkind } from './unkind-api.ts';

describe('a result', () => {
  it('comes when the task has ended, in spite of what fails meanwhile', async () => {
    const { client, world, behaviours } = await startUnkindApi();
    const task = await client.submit('greet', { name: 'Ada' });
    behaviours.push(unkind.isLost, unkind.answerIsCut, unkind.refuses(503, 'unavailable'));
    const result = client.result(task);
    setTimeout(() => invoke(world), 300);
    expect(await result).toMatchObject({ id: task.id, status: 'succeeded', output: { greeting: 'Hello Ada' } });
    expect(await client.result(task.id)).toMatchObject({ output: { greeting: 'Hello Ada' } });
  });

  it('is asked for less and less often', async () => {
    const { client, seen } = await startUnkindApi();
    const { id } = await client.submit('greet', { name: 'Ada' });
    const before = seen.length;
    await expect(client.result(id, { timeoutSeconds: 2 })).rejects.toMatchObject({ code: 'not_finished' });
    expect(seen.length - before).toBeGreaterThanOrEqual(3);
    expect(seen.length - before).toBeLessThanOrEqual(7);
  });

  it('is the error of a task that failed, by its own code, with the task', async () => {
    const { client, world } = await startUnkindApi();
    const { id } = await client.submit('greet', { name: 'Ada' });
    await world.ports.store.cancel('acme' as never, id as never, world.now);
    await expect(client.result(id)).rejects.toMatchObject({ name: 'MillraceError', code: 'cancelled', task: { id } });
    const failing = await client.submit('refuse', 1);
    await invoke(world);
    await expect(client.result(failing)).rejects.toMatchObject({
      code: 'unspeakable',
      message: expect.stringContaining('no'),
      task: { id: failing.id, status: 'failed' },
    });
  });

  it('that takes longer is not waited for, and says how the task is', async () => {
    const { client } = await startUnkindApi();
    const task = await client.submit('greet', { name: 'Ada' });
    const started = performance.now();
    const error = await client.result(task, { timeoutSeconds: 0.3 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'not_finished', task: { id: task.id, status: 'queued' }, isPassing: false });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('of an API that does not answer ends by then, too', async () => {
    const { client, behaviours } = await startUnkindApi();
    behaviours.push(...Array(9).fill(unkind.answersNever));
    const started = performance.now();
    await expect(client.result('none', { timeoutSeconds: 0.2 })).rejects.toMatchObject({ code: 'timeout' });
    expect(performance.now() - started).toBeLessThan(1500);
  });

  it('of no task is not_found', async () => {
    const { client } = await startUnkindApi();
    await expect(client.result('00000000000000000000000001-0')).rejects.toMatchObject({
      code: 'not_found',
      status: 404,
    });
  });

  it('whose output is not kept any more says so', async () => {
    const { client, world } = await startUnkindApi();
    const task = await client.submit('greet', { name: 'Ada' });
    await invoke(world);
    world.ports.payloads.get = async () => undefined;
    await expect(client.result(task)).rejects.toMatchObject({ code: 'output_missing' });
  });
});

describe('a signal', () => {
  const reason = new Error('enough');
  /** Returns what `work` throws when its signal aborts after so many milliseconds. */
  const abortedAfter = async (milliseconds: number, work: (signal: AbortSignal) => Promise<unknown>) => {
    const controller = new AbortController();
    if (milliseconds === 0) controller.abort(reason);
    else setTimeout(() => controller.abort(reason), milliseconds);
    const started = performance.now();
    const thrown = await work(controller.signal).catch((error: unknown) => error);
    expect(performance.now() - started).toBeLessThan(milliseconds + 500);
    return thrown;
  };

  it('that has aborted already lets nothing be sent', async () => {
    const { client, seen } = await startUnkindApi();
    const tasks = [{ type: 'greet', input: { name: 'Ada' } }];
    expect(await abortedAfter(0, (signal) => client.health({ signal }))).toBe(reason);
    expect(await abortedAfter(0, (signal) => client.submitAll(tasks, { signal }))).toBe(reason);
    expect(await abortedAfter(0, (signal) => client.result('x', { signal }))).toBe(reason);
    expect(await abortedAfter(0, (signal) => client.list({}, { signal }).page())).toBe(reason);
    expect(seen).toEqual([]);
  });

  it.each(['answersNever', 'answersHalf'] as const)('ends a request that %s', async (name) => {
    const { client, behaviours, seen } = await startUnkindApi();
    const calls = [
      (signal: AbortSignal) => client.submit('greet', { name: 'Ada' }, { signal }),
      (signal: AbortSignal) => client.submitAll([{ type: 'greet', input: { name: 'Ada' } }], { signal }),
      (signal: AbortSignal) => client.result('x', { signal }),
      (signal: AbortSignal) => client.cancel('x', { signal }),
      (signal: AbortSignal) => client.list({}, { signal })[Symbol.asyncIterator]().next(),
    ];
    for (const call of calls) {
      behaviours.push(unkind[name]);
      expect(await abortedAfter(100, call)).toBe(reason);
    }
    expect(seen).toHaveLength(calls.length);
  });

  it('ends the wait for another try, and that for a task', async () => {
    const { client, behaviours, seen } = await startUnkindApi();
    behaviours.push(unkind.refuses(429, 'rate_limited', '3'));
    expect(await abortedAfter(100, (signal) => client.health({ signal }))).toBe(reason);
    const task = await client.submit('greet', { name: 'Ada' });
    expect(await abortedAfter(700, (signal) => client.result(task, { signal }))).toBe(reason);
    const before = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(seen.length).toBe(before);
  });

  it('ends the wait for a turn', async () => {
    const { url, seen } = await startUnkindApi(unkind.answersNever);
    const { createClient } = await import('../../../entries/client.ts');
    const client = createClient({ url, key: 'k', concurrency: 1 });
    const first = new AbortController();
    const held = client.health({ signal: first.signal }).catch((error: unknown) => error);
    expect(await abortedAfter(100, (signal) => client.health({ signal }))).toBe(reason);
    const next = client.health();
    first.abort(reason);
    expect(await held).toBe(reason);
    expect(await next).toEqual({ status: 'ok' });
    expect(seen).toHaveLength(2);
  });
});
