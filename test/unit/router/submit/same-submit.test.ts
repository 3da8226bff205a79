import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { handleBatch } from '../../../../functions/executor/handle-batch.ts';
import type { ApiRequest } from '../../../doubles/api-event.ts';
import { greet } from '../../../doubles/task-definitions.ts';
import { createWorld, type World } from '../../../doubles/world.ts';
import { type ApiAnswer, callApi } from '../call-api.ts';

const keyed = { headers: { 'idempotency-key': 'order-1' } };

let world: World;
const submit = async (body: unknown, request: ApiRequest = {}): Promise<ApiAnswer> => {
  world.advance(1);
  return callApi(world, 'POST /api/tasks', { body, ...request });
};
const runAll = () => handleBatch(world.queue.deliver(), 900, world.ports);

describe('the same Idempotency-Key with another body that means the same', () => {
  const plan = { type: 'plan', input: { to: 'Ada' } };
  const withDefaults = {
    ...greet,
    type: 'plan',
    run: async () => null,
    input: z.strictObject({
      to: z.string().trim(),
      headers: z.record(z.string(), z.string()).default({}),
      at: z.string().default(() => randomUUID()),
    }),
  };
  const settled = { ...plan, input: { ...plan.input, at: 'noon' } };
  const soon = '2020-03-01T08:00:00Z';

  beforeEach(() => {
    world = createWorld([greet, withDefaults as never]);
  });

  it.each<[string, object, object]>([
    ['a priority that is the default', settled, { ...settled, priority: 'normal' }],
    ['attempts that are the default', settled, { ...settled, maxAttempts: 3 }],
    ['a timeout that is the default', settled, { ...settled, timeoutSeconds: 10 }],
    ['no delay', settled, { ...settled, delaySeconds: 0 }],
    ['a default of the input', settled, { ...settled, input: { ...settled.input, headers: {} } }],
    ['what the schema makes of the input', settled, { ...settled, input: { ...settled.input, to: ' Ada ' } }],
    ['the order of fields', settled, { input: { at: 'noon', to: 'Ada' }, type: 'plan' }],
    ['one instant', { ...settled, runAt: soon }, { ...settled, runAt: '2020-03-01T09:00:00.000+01:00' }],
    ['tags in another order', { ...settled, tags: ['eu', 'order/7'] }, { ...settled, tags: ['order/7', 'eu'] }],
    ['no tags', settled, { ...settled, tags: [] }],
    ['a default that is another each time', plan, plan],
  ])('(%s) replays the first task', async (_, body, other) => {
    for (const [one, two] of [
      [body, other],
      [other, body],
    ]) {
      world = createWorld([greet, withDefaults as never]);
      const first = await submit(one as object, keyed);
      const again = await submit(two as object, keyed);
      expect(first).toMatchObject({ status: 202 });
      expect(again).toMatchObject({
        status: 202,
        headers: { 'idempotent-replayed': 'true' },
        body: { id: first.body.id },
      });
      await runAll();
      expect(world.recorded.filter(({ metric }) => metric === 'succeeded')).toHaveLength(1);
    }
  });

  it('is another with other tags', async () => {
    expect(await submit({ ...settled, tags: ['eu'] }, keyed)).toMatchObject({ status: 202, body: { tags: ['eu'] } });
    for (const tags of [['us'], ['eu', 'us'], []]) {
      expect(await submit({ ...settled, tags }, keyed)).toMatchObject({ status: 409 });
    }
  });

  it('goes by what the defaults were and are, where they have changed meanwhile', async () => {
    const first = await submit(settled, keyed);
    await world.ports.settings.change('plan', { priority: 'high', maxAttempts: 9 });
    const replay = { status: 202, headers: { 'idempotent-replayed': 'true' }, body: { id: first.body.id } };
    expect(await submit(settled, keyed)).toMatchObject(replay);
    expect(await submit({ ...settled, priority: 'normal', maxAttempts: 3 }, keyed)).toMatchObject(replay);
    expect(await submit({ ...settled, priority: 'high' }, keyed)).toMatchObject({ status: 409 });
    const other = { headers: { 'idempotency-key': 'order-2' } };
    await submit(settled, other);
    expect(await submit({ ...settled, priority: 'high', maxAttempts: 9 }, other)).toMatchObject({ status: 202 });
  });

  it('is another where a schema makes the same of what differs', async () => {
    const mapped = {
      ...withDefaults,
      input: z.record(z.string(), z.number()).transform((input) => new Map(Object.entries(input))),
    };
    world = createWorld([mapped as never]);
    expect(await submit({ type: 'plan', input: { a: 1 } }, keyed)).toMatchObject({ status: 202 });
    expect(await submit({ type: 'plan', input: { a: 2 } }, keyed)).toMatchObject({ status: 409 });
  });
});
