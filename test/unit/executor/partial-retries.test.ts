import { describe, expect, it } from 'vitest';
import { sweep } from '../../../functions/control/sweep.ts';
import type { Task } from '../../../functions/core/task/task.ts';
import { invoke, read, submit } from '../../doubles/executor-world.ts';
import { runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { at, ended, makeWorld, outputOf, retry } from '../../doubles/retry-world.ts';
import { callApi } from '../router/call-api.ts';

describe('a task that fails with its first subtask', () => {
  it('takes over what has succeeded when it is retried, and combines once', async () => {
    const { world, seed, ran, combined, subtasks } = await ended('fail', [1, 2, 4], [4]);
    expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'subtask_failed' } });
    ran.length = 0;
    expect(await retry(world, seed)).toMatchObject({ status: 202, body: { id: seed.id, status: 'queued' } });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 7 });
    expect(ran).toEqual([4]);
    expect(combined).toHaveLength(1);
    const now = await subtasksOf(world, seed);
    expect(now.map(({ id }) => id).toSorted()).toEqual(subtasks.map(({ id }) => id).toSorted());
    expect(at(now, 2)).toMatchObject({ status: 'succeeded', attempt: 2 });
    expect(at(now, 0)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('is retried as often as it takes, each time with what is left', async () => {
    const { world, seed, ran, broken } = await ended('fail', [1, 2, 4], [2, 4]);
    broken.add(4);
    ran.length = 0;
    await retry(world, seed);
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed' });
    broken.clear();
    await retry(world, seed, { subtasks: 'failed' });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 7 });
    expect(ran.filter((number) => number === 1)).toEqual([]);
    expect(ran.filter((number) => number === 4).length).toBe(2);
    const outcomes = ['fanned_out', 'fanned_out', 'fanned_out', 'succeeded'];
    const { body } = await callApi(world, `GET /api/tasks/${seed.id}/attempts`);
    expect(body.items).toMatchObject(outcomes.map((outcome) => ({ outcome })));
  });

  it('does not run some of what is left', async () => {
    const { world, seed, subtasks } = await ended('fail', [1, 2, 4], [2, 4]);
    const [lost] = subtasks.filter(({ status }) => status !== 'succeeded');
    const answer = await retry(world, seed, { subtasks: [lost?.id] });
    expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(answer.body.detail).toContain('"subtasks": "failed"');
  });

  it('combines again where that has failed, and runs nothing else', async () => {
    const { world, seed, ran, combined } = await ended('fail', [1, 2], []);
    const found = await read(world, seed);
    if (found === undefined) throw new Error('it is gone');
    const error = { code: 'handler_error', message: 'combine threw', retryable: true };
    const { output: _, ...kept } = found as Extract<Task, { status: 'succeeded' }>;
    world.ports.store.overwrite({ ...kept, status: 'failed', error });
    ran.length = 0;
    await retry(world, seed);
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 3 });
    expect(ran).toEqual([]);
    expect(combined).toHaveLength(2);
  });

  it('is fanned out anew where that is asked for, or with another input', async () => {
    const { world, seed, ran, subtasks } = await ended('fail', [1, 2], [2]);
    ran.length = 0;
    await retry(world, seed, { subtasks: 'all' });
    await runDry(world);
    expect(ran.toSorted()).toEqual([1, 2]);
    expect((await subtasksOf(world, seed)).map(({ id }) => id)).not.toContain(subtasks[0]?.id);
    const other = await ended('fail', [1, 2], [2]);
    other.ran.length = 0;
    await retry(other.world, other.seed, { input: { numbers: [8, 16, 32] } });
    await runDry(other.world);
    expect(other.ran.toSorted()).toEqual([16, 32, 8]);
    expect(outputOf(await read(other.world, other.seed))).toEqual({ inline: 56 });
  });

  it('waits for subtasks that still end when it is retried, and has them run again', async () => {
    const { world, broken } = makeWorld('fail', [4]);
    const seed = await submit(world, sumOf([1, 4]));
    await invoke(world);
    const [one, four] = [at(await subtasksOf(world, seed), 0), at(await subtasksOf(world, seed), 1)];
    // One of them runs when the other fails.
    const lease = { token: 'slow' as never, expiresAt: world.now + 20_000 };
    const claim = await world.ports.store.claim(one, lease, world.now);
    if (claim.result !== 'claimed') throw new Error(claim.result);
    await invoke(world);
    expect(at(await subtasksOf(world, seed), 1)).toMatchObject({ id: four.id, status: 'failed' });
    expect(await read(world, seed)).toMatchObject({ status: 'failed' });
    broken.clear();
    await retry(world, seed);
    for (let rounds = 0; rounds < 3; rounds++) await invoke(world);
    expect(await read(world, seed)).toMatchObject({ status: 'waiting' });
    world.advance(30);
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 5 });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'goes on by the sweeper where its executor dies after %i calls',
    async (calls) => {
      const { world, seed } = await ended('fail', [1, 2, 4], [2]);
      await retry(world, seed);
      const { fanOuts, store, queue } = world.ports;
      let left = calls;
      const failing = <Port extends object>(port: Port): Port =>
        new Proxy(port, {
          get(target, name) {
            const member = Reflect.get(target, name, target);
            if (typeof member !== 'function' || left > 1_000) return member;
            return (...args: unknown[]) => {
              if (left-- <= 0) throw new Error('the executor is dead');
              return member.apply(target, args);
            };
          },
        });
      Object.assign(world.ports, { fanOuts: failing(fanOuts), queue: failing(queue) });
      await invoke(world).catch(() => {});
      left = Number.POSITIVE_INFINITY;
      Object.assign(world.ports, { fanOuts, queue });
      world.queue.messages.clear();
      for (let rounds = 0; rounds < 6; rounds++) {
        world.advance(1_000);
        await sweep(world.now + 60_000, { ...world.ports, due: store });
        await runDry(world);
      }
      expect(outputOf(await read(world, seed))).toEqual({ inline: 7 });
    },
  );
});

describe('a task that collects', () => {
  it('combines anew when its failed subtasks have run again', async () => {
    const { world, seed, ran, combined } = await ended('collect', [1, 2, 4], [2, 4]);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 1 });
    ran.length = 0;
    expect((await retry(world, seed)).status).toBe(409);
    expect(await retry(world, seed, { subtasks: 'failed' })).toMatchObject({ status: 202, body: { status: 'queued' } });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 7 });
    expect(ran.toSorted()).toEqual([2, 4]);
    expect(combined).toHaveLength(2);
    expect((await retry(world, seed, { subtasks: 'failed' })).body.detail).toContain('so are all of its subtasks');
  });

  it('runs only some of them, and keeps how the others ended', async () => {
    const { world, seed, ran, subtasks } = await ended('collect', [1, 2, 4], [2, 4]);
    ran.length = 0;
    await retry(world, seed, { subtasks: [at(subtasks, 2).id] });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 5 });
    expect(ran).toEqual([4]);
    expect(at(await subtasksOf(world, seed), 1)).toMatchObject({ status: 'failed', attempt: 1 });
  });

  it('runs one that is retried itself', async () => {
    const { world, seed, ran, subtasks } = await ended('collect', [1, 2, 4], [2, 4]);
    ran.length = 0;
    expect(await retry(world, at(subtasks, 1))).toMatchObject({ status: 202, body: { id: seed.id } });
    await runDry(world);
    expect(ran).toEqual([2]);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 3 });
  });

  it('runs one with another input, and keeps the old one', async () => {
    const { world, seed, subtasks } = await ended('collect', [1, 2, 4], [2]);
    const two = at(subtasks, 1);
    expect((await retry(world, two, { input: { number: 'two' } })).status).toBe(400);
    expect((await retry(world, two, { input: { number: 200 } })).status).toBe(202);
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 205 });
    expect(await world.ports.formerInputs.list(two.tenantId, two.id)).toMatchObject([
      { attempt: 1, input: { inline: { number: 2 } } },
    ]);
  });

  it.each([
    ['a stranger', ['01KB59FY21NP7H6QB49KRATWQ0-0'], 'none of its subtasks'],
    ['no id', ['first'], 'none of its subtasks'],
  ])('refuses %s', async (_, subtasks, reason) => {
    const { world, seed } = await ended('collect', [1, 2], [2]);
    const answer = await retry(world, seed, { subtasks });
    expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
    expect(answer.body.detail).toContain(reason);
  });

  it('refuses one that has succeeded', async () => {
    const { world, seed, subtasks } = await ended('collect', [1, 2], [2]);
    const answer = await retry(world, seed, { subtasks: [at(subtasks, 0).id] });
    expect(answer.body.detail).toContain('has succeeded');
  });

  it('runs what was cancelled, too', async () => {
    const { world } = makeWorld('collect', []);
    const seed = await submit(world, sumOf([1, 2]));
    await invoke(world);
    const [first] = await subtasksOf(world, seed);
    await callApi(world, `POST /api/tasks/${first?.id}/cancel`);
    await runDry(world);
    await retry(world, seed, { subtasks: 'failed' });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 3 });
  });
});

it('is refused while another retry of it is under way', async () => {
  const { world, seed } = await ended('fail', [1, 2], [2]);
  const answers = await Promise.all([retry(world, seed), retry(world, seed), retry(world, seed)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409]);
  await runDry(world);
  expect(outputOf(await read(world, seed))).toEqual({ inline: 3 });
});

describe('of two subtasks that are retried at once with other inputs', () => {
  it.each(['two different ones', 'one of them twice'])(
    '%s: one is taken, and the other changes nothing',
    async (which) => {
      const { world, seed, subtasks } = await ended('collect', [1, 2, 4], [2, 4]);
      const asked =
        which === 'one of them twice' ? [at(subtasks, 1), at(subtasks, 1)] : [at(subtasks, 1), at(subtasks, 2)];
      const inputs = [{ number: 20 }, { number: 40 }];
      const answers = await Promise.all(asked.map((one, place) => retry(world, one, { input: inputs[place] })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
      const taken = answers.findIndex(({ status }) => status === 202);
      await runDry(world);
      expect(outputOf(await read(world, seed))).toEqual({ inline: 1 + (inputs[taken]?.number ?? 0) });
      const other = asked[1 - taken];
      if (which === 'two different ones' && other !== undefined) {
        expect(await read(world, other)).toMatchObject({ status: 'failed', input: other.input });
      }
    },
  );
});

it('is cancelled with what was to run again', async () => {
  const { world, seed } = await ended('fail', [1, 2], [2]);
  await retry(world, seed);
  await invoke(world);
  expect(await read(world, seed)).toMatchObject({ status: 'waiting' });
  await callApi(world, `POST /api/tasks/${seed.id}/cancel`);
  expect(at(await subtasksOf(world, seed), 1)).toMatchObject({ status: 'cancelled' });
  await runDry(world);
  expect(await read(world, seed)).toMatchObject({ status: 'cancelled' });
});

it('is fanned out anew where what it was fanned out into is not kept any more', async () => {
  const { world, seed, ran } = await ended('fail', [1, 2], [2]);
  await world.ports.fanOuts.supersede({ tenantId: seed.tenantId, id: seed.id, attempt: 1 });
  ran.length = 0;
  await retry(world, seed);
  await runDry(world);
  expect(outputOf(await read(world, seed))).toEqual({ inline: 3 });
  expect(ran.toSorted()).toEqual([1, 2]);
  expect(world.logged).toContainEqual(
    expect.objectContaining({ event: 'subtasks not kept: the task is fanned out anew' }),
  );
});
