import { describe, expect, it } from 'vitest';
import type { TaskSeed } from '../../../functions/core/task/task.ts';
import { invoke, read, submit } from '../../doubles/executor-world.ts';
import { runDry, subtasksOf, sumOf } from '../../doubles/fan-out-world.ts';
import { at, makeWorld, outputOf, retry } from '../../doubles/retry-world.ts';
import type { World } from '../../doubles/world.ts';

describe('fan-outs within fan-outs', () => {
  const submitTotal = (world: World, sums: number[][]): Promise<TaskSeed> =>
    submit(world, { ...sumOf([]), type: 'total', input: { inline: { sums } } });

  it('keep what has succeeded at each level', async () => {
    const { world, ran, broken } = makeWorld('fail', [8]);
    const seed = await submitTotal(world, [
      [1, 2],
      [4, 8],
    ]);
    await runDry(world);
    expect(await read(world, seed)).toMatchObject({ status: 'failed' });
    broken.clear();
    ran.length = 0;
    await retry(world, seed);
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 15 });
    expect(ran).not.toContain(4);
    expect(ran.filter((number) => number === 8)).toEqual([8]);
  });

  it('combine anew up to the top when a part of a part is retried', async () => {
    const { world, ran, broken } = makeWorld('collect', [2, 8]);
    const seed = await submitTotal(world, [
      [1, 2],
      [4, 8],
    ]);
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 5 });
    broken.clear();
    ran.length = 0;
    const second = at(await subtasksOf(world, seed), 1);
    expect(await retry(world, second, { subtasks: 'failed' })).toMatchObject({ status: 202, body: { id: seed.id } });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 13 });
    expect(ran).toEqual([8]);
    const first = at(await subtasksOf(world, seed), 0);
    expect(await retry(world, at(await subtasksOf(world, first), 1))).toMatchObject({ body: { id: seed.id } });
    await runDry(world);
    expect(outputOf(await read(world, seed))).toEqual({ inline: 15 });
    expect(ran).toEqual([8, 2]);
  });

  it('wait until what they are a part of has ended', async () => {
    const { world } = makeWorld('collect', [2]);
    const seed = await submitTotal(world, [[2], [4]]);
    await invoke(world);
    await invoke(world);
    const [one] = await subtasksOf(world, seed);
    if (one === undefined) throw new Error('there is none');
    await invoke(world);
    const [part] = await subtasksOf(world, one);
    const answer = await retry(world, part ?? seed);
    expect(answer).toMatchObject({ status: 409, body: { code: 'invalid_status' } });
  });
});
