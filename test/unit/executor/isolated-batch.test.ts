import { expect, it } from 'vitest';
import { scheduleIdOf } from '../../../functions/core/schedule/schedule.ts';
import { HandlerThreads } from '../../../functions/executor/isolation/handler-threads.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { invoke, read, submit } from '../../doubles/executor-world.ts';
import { runDry } from '../../doubles/fan-out-world.ts';
import { isolatedTasks } from '../../doubles/isolated-tasks.ts';
import { ODD_OUTPUTS } from '../../doubles/odd-outputs.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const { isolate } = new HandlerThreads(
  new URL('../../doubles/thread.ts', import.meta.url),
  { outboundHosts: '' },
  () => {},
  RESOURCE_CLASS_SPECS,
);
const definitions = await Promise.all(Object.values(isolatedTasks).map((load) => load()));

it('a task in a thread sees the firing that it runs for', async () => {
  const around = createWorld(definitions);
  const world = { ...around, ports: { ...around.ports, isolate } };
  const schedule = { id: scheduleIdOf('0'.repeat(26), 0), time: world.now };
  const seeds = [{ schedule }, {}].map((more) =>
    taskSeed({ type: 'tell its firing', input: { inline: null }, ...more }),
  );
  for (const seed of seeds) await submit(world, seed);
  await invoke(world);
  const outputs = await Promise.all(seeds.map((seed) => read(world, seed)));
  expect(outputs).toMatchObject([{ output: { inline: '2026-01-01T00:00:00.000Z' } }, { output: { inline: null } }]);
});

it('an endless loop, a thread that dies and a failure end their own attempts, and no other of their batch', async () => {
  const around = createWorld(definitions);
  const world = { ...around, ports: { ...around.ports, isolate } };
  const echoes = [1, 2, 3, 4, 5, 6].map((input) => taskSeed({ type: 'echo', input: { inline: input } }));
  const [hang, hoard, throws] = ['hang', 'hoard', 'throw'].map((type) =>
    taskSeed({ type, timeoutSeconds: type === 'hang' ? 1 : 10, maxAttempts: 1, input: { inline: null } }),
  );
  if (hang === undefined || hoard === undefined || throws === undefined) throw new Error('three were made');
  for (const seed of [hang, hoard, throws, ...echoes]) await submit(world, seed);
  const started = performance.now();
  expect(await invoke(world)).toEqual([]);
  expect(performance.now() - started).toBeLessThan(9000);
  expect(await read(world, hang)).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  expect(await read(world, hoard)).toMatchObject({ status: 'failed', error: { code: 'out_of_memory' } });
  expect(await read(world, throws)).toMatchObject({
    status: 'failed',
    error: { code: 'handler_error', message: 'RangeError: out of range; cause: the cause' },
  });
  expect(world.logged).toContainEqual(
    expect.objectContaining({ event: 'handler threw', stack: expect.stringContaining('isolated-tasks.ts') }),
  );
  for (const [index, echo] of echoes.entries()) {
    expect(await read(world, echo)).toMatchObject({ status: 'succeeded', output: { inline: index + 1 } });
  }
});

it('an output is the same or refused the same, isolated or not', { timeout: 60_000 }, async () => {
  const endsOf = async (isolated: boolean) => {
    const around = createWorld(definitions.map((definition) => ({ ...definition, isolated }) as typeof definition));
    const world = { ...around, ports: { ...around.ports, isolate } };
    const seeds = Object.keys(ODD_OUTPUTS).map((name) =>
      taskSeed({ type: 'give', maxAttempts: 1, input: { inline: name } }),
    );
    for (const seed of seeds) await submit(world, seed);
    await runDry(world);
    return Promise.all(
      seeds.map(async (seed) => {
        const task = await read(world, seed);
        return [seed.input, task && 'output' in task ? task.output : task && 'error' in task ? task.error : task];
      }),
    );
  };
  const ends = await endsOf(false);
  expect(ends.filter(([, end]) => end !== undefined && end !== null && 'inline' in end)).toHaveLength(5);
  expect(await endsOf(true)).toEqual(ends);
});
