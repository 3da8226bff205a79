import { expect, it } from 'vitest';
import { logFieldsOf } from '../../../functions/executor/telemetry.ts';
import { greet, invoke, submit } from '../../doubles/executor-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const TRACE_ID = '1-6b04c28d-e8be8acc27b5c47405b6f5a2';
const traceHeader = `Root=${TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1`;

it('leads from a line to its task and its trace, sampled or not', () => {
  const seed = taskSeed();
  expect(logFieldsOf({ ...seed, traceHeader })).toEqual({ task_id: seed.id, task_type: seed.type, trace_id: TRACE_ID });
  expect(logFieldsOf({ ...seed, traceHeader: `Root=${TRACE_ID};Sampled=0`, attempt: 2 })).toMatchObject({
    ...{ attempt: 2, trace_id: TRACE_ID },
  });
});

it('is on every line about an attempt, whether it ends well, fails, or says something itself', async () => {
  let calls = 0;
  const world = createWorld([
    greet(async (_input, ctx) => {
      ctx.log('called');
      if (++calls === 1) throw new Error('not yet');
      return {};
    }),
  ]);
  const seed = await submit(world, { ...taskSeed(), traceHeader });
  await invoke(world);
  world.advance(900);
  await invoke(world);
  expect(world.logged.map(({ event, attempt }) => [event, attempt])).toEqual([
    ['called', 1],
    ['handler threw', 1],
    ['attempt failed', 1],
    ['called', 2],
    ['attempt ended', 2],
  ]);
  for (const line of world.logged) expect(line).toMatchObject({ task_id: seed.id, trace_id: TRACE_ID });
});
