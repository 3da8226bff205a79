import { expect, it } from 'vitest';
import * as z from 'zod';
import { DEFAULT_RETRY, defineTask, type FiringContext } from '../../../entries/index.ts';
import { runBatch, runFanOut, runTask } from '../../../entries/testing.ts';

const base = {
  description: '',
  priority: 'normal',
  timeoutSeconds: 5,
  retry: DEFAULT_RETRY,
  input: z.strictObject({}),
} as const;
const firing: FiringContext = { id: '0123456789ABCDEFGHJKMNPQRS-0', time: '2026-10-25T00:30:00.000Z' };
const shown = (schedule: FiringContext | undefined): string => JSON.stringify(schedule ?? null);
const text = JSON.stringify(firing);

it.each(['default', 'cpu-intensive'])('a task of class %s sees the firing that it runs for', async (resources) => {
  const type = 'firings.one';
  const tell = defineTask({ ...base, type, resources, run: async (_, { schedule }) => shown(schedule) });
  expect(await runTask(tell, {}, { schedule: firing })).toMatchObject({ output: text });
  expect(await runTask(tell, {})).toMatchObject({ output: 'null' });
  await expect(runTask(tell, {}, { schedule: { time: 'noon' } })).rejects.toThrow('is no firing of a schedule');
});

it('so does each item of a batch', async () => {
  const tellAll = defineTask({
    ...base,
    type: 'firings.all',
    resources: 'default',
    batch: { maxSize: 10, windowSeconds: 0 },
    run: async (items) => items.map(({ schedule }) => shown(schedule)),
  });
  const { outcomes } = await runBatch(tellAll, [{}, {}], { schedule: firing });
  expect(outcomes.map(({ output }) => output)).toEqual([text, text]);
});

it('and so do what fans out, its subtasks, and what combines them', async () => {
  const part = defineTask({
    ...base,
    type: 'firings.part',
    resources: 'default',
    run: async (_, { schedule }) => shown(schedule),
  });
  const whole = defineTask({
    ...base,
    type: 'firings.whole',
    resources: 'default',
    run: async (_, { fanOut, schedule }) =>
      fanOut(schedule === undefined ? [] : [{ type: 'firings.part', input: {} } as const]),
    fanOut: {
      onFailure: 'fail',
      combine: async (results, _input, { schedule }) => [shown(schedule), ...results.map((one) => JSON.stringify(one))],
    },
  });
  const { output } = await runFanOut(whole, {}, { schedule: firing, tasks: [part] });
  expect(output).toEqual([text, JSON.stringify({ status: 'succeeded', output: text })]);
});
