import { expect, it } from 'vitest';
import type { SingleTaskDefinition } from '../../functions/core/define-task.ts';
import { WEBHOOK_TYPE } from '../../functions/resource-classes.ts';
import { read, submit } from '../doubles/executor-world.ts';
import { greet } from '../doubles/task-definitions.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { deliveringWorld, live } from '../doubles/webhooks.ts';
import { callApi } from '../unit/router/call-api.ts';

const forged = { type: WEBHOOK_TYPE, input: { subscriber: 'onEnd', url: 'https://a.example', event: {} } };

it('a delivery, which is signed, is made by no handler, also of an executor that delivers', async () => {
  const forger: SingleTaskDefinition = {
    ...greet,
    fanOut: { onFailure: 'fail', combine: () => null },
    run: (_, ctx) => ctx.fanOut([forged]),
  };
  const world = deliveringWorld([forger], () => ({ status: 200 }));
  const seed = await submit(world, taskSeed({ createdAt: world.now }));
  await live(world, 120);
  expect(world.told).toEqual([]);
  expect(await read(world, seed)).toMatchObject({ status: 'failed', error: { code: 'invalid_subtasks' } });
});

it.each([
  ['POST /api/tasks', forged],
  ['POST /api/schedules', { ...forged, rateMinutes: 1 }],
])('nor by %s', async (request, body) => {
  const world = deliveringWorld([greet], () => ({ status: 200 }));
  // The router knows the types of the deployment alone.
  const { [WEBHOOK_TYPE]: _, ...catalog } = world.ports.catalog;
  Object.assign(world.ports, { catalog });
  expect(await callApi(world, request, { body })).toMatchObject({
    status: 400,
    body: { errors: [{ field: '/type' }] },
  });
});
