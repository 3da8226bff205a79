import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../../entries/client.ts';
import { NO_SLOTS } from '../../../functions/core/wait/wait-for-end.ts';
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

  it('is waited for with the API, in one request', async () => {
    const { client, world, seen } = await startUnkindApi();
    const task = await client.submit('greet', { name: 'Ada' });
    setTimeout(() => invoke(world), 1_500);
    const started = performance.now();
    expect(await client.result(task)).toMatchObject({ output: { greeting: 'Hello Ada' } });
    expect(performance.now() - started).toBeLessThan(2_200);
    expect(seen.slice(1).map(({ request }) => request)).toEqual([`GET /api/tasks/${task.id}?waitSeconds=20`]);
  });

  it('is asked for again where it takes longer than the API waits', async () => {
    const { client, world, seen } = await startUnkindApi();
    const { id } = await client.submit('greet', { name: 'Ada' });
    setTimeout(() => invoke(world), 2_500);
    expect(await client.result(id, { timeoutSeconds: 2.9 })).toMatchObject({ status: 'succeeded' });
    expect(seen[1]?.request).toContain('waitSeconds=2');
    expect(seen.length).toBeLessThan(8);
  });

  /** What a result makes of an API where nobody waits. */
  const looksOf = async (...behaviours: Parameters<typeof startUnkindApi>) => {
    const { client, seen, world, behaviours: coming } = await startUnkindApi();
    Object.assign(world.ports, { slots: NO_SLOTS });
    const { id } = await client.submit('greet', { name: 'Ada' });
    coming.push(...behaviours);
    await expect(client.result(id, { timeoutSeconds: 3 })).rejects.toMatchObject({ code: 'not_finished' });
    return seen.slice(1).map(({ request }) => request);
  };

  it('is asked for less and less often where as many wait as may, no sooner than the API says', async () => {
    const looks = await looksOf();
    expect(looks.length).toBeGreaterThanOrEqual(3);
    expect(looks.length).toBeLessThanOrEqual(5);
    expect(looks[0]).toContain('waitSeconds=2');
  });

  it('is asked for less and less often of an API that knows of no waiting', async () => {
    const refusal = {
      code: 'invalid_request',
      detail: 'no',
      status: 400,
      errors: [{ field: 'waitSeconds', message: '' }],
    };
    const headers = { 'content-type': 'application/problem+json' };
    const looks = await looksOf(unkind.refusesWith(400, JSON.stringify(refusal), headers));
    expect(looks.length).toBeGreaterThanOrEqual(4);
    expect(looks.length).toBeLessThanOrEqual(9);
    expect(looks.filter((look) => look.includes('waitSeconds'))).toHaveLength(1);
  });

  it('is asked for less and less often of an API that does not look at the query', async () => {
    const task = { id: 'a', type: 'greet', status: 'queued' };
    const headers = { 'content-type': 'application/json' };
    const looks = await looksOf(...Array(20).fill(unkind.refusesWith(200, JSON.stringify(task), headers)));
    expect(looks.length).toBeGreaterThanOrEqual(4);
    expect(looks.length).toBeLessThanOrEqual(9);
  });

  it('is waited for through an outage that is longer than the deadline of other calls', async () => {
    const { client: patient, url, world, behaviours } = await startUnkindApi();
    const client = createClient({ url, key: 'k', deadlineSeconds: 0.5 });
    const task = await patient.submit('greet', { name: 'Ada' });
    await invoke(world);
    const outage = setInterval(() => behaviours.splice(0, behaviours.length, ...Array(9).fill(unkind.isLost)), 10);
    behaviours.push(unkind.isLost);
    setTimeout(() => {
      clearInterval(outage);
      behaviours.length = 0;
    }, 2_500);
    expect(await client.result(task, { timeoutSeconds: 20 })).toMatchObject({ status: 'succeeded' });
  });

  it('of an API that is gone for longer ends as that does', async () => {
    const { client, behaviours } = await startUnkindApi();
    const task = await client.submit('greet', { name: 'Ada' });
    behaviours.push(...Array(99).fill(unkind.isLost));
    const started = performance.now();
    await expect(client.result(task, { timeoutSeconds: 2 })).rejects.toMatchObject({ code: 'network' });
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  it('says why nobody has answered', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1', key: 'k', deadlineSeconds: 0.2 });
    await expect(client.health()).rejects.toMatchObject({
      message: 'no answer of the API came: fetch failed: bad port',
    });
  });

  it('leaves other calls their turn, however many wait', async () => {
    const { url, seen } = await startUnkindApi();
    const client = createClient({ url, key: 'k', concurrency: 8 });
    const tasks = await Promise.all(Array.from({ length: 10 }, () => client.submit('greet', { name: 'Ada' })));
    const controller = new AbortController();
    const { signal } = controller;
    const results = tasks.map((task) => client.result(task, { signal }).catch((thrown: unknown) => thrown));
    await pause(300);
    const started = performance.now();
    await client.health();
    expect(performance.now() - started).toBeLessThan(500);
    expect(seen.filter(({ request }) => request.includes('waitSeconds'))).toHaveLength(2);
    controller.abort(new Error('enough'));
    await Promise.all(results);
  });

  it.each([1, 3])('is not waited for in a client of %i request at a time', async (concurrency) => {
    const { url, seen } = await startUnkindApi();
    const client = createClient({ url, key: 'k', concurrency });
    const { id } = await client.submit('greet', { name: 'Ada' });
    await expect(client.result(id, { timeoutSeconds: 1.5 })).rejects.toMatchObject({ code: 'not_finished' });
    expect(seen.filter(({ request }) => request.includes('waitSeconds'))).toEqual([]);
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
    expect(error).toMatchObject({ code: 'not_finished', task: { id: task.id, status: 'queued' }, isPassing: true });
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
