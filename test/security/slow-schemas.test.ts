import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask, type SingleTaskDefinition } from '../../functions/core/define-task.ts';
import { answer } from '../../functions/router/router.ts';
import { apiEvent } from '../doubles/api-event.ts';
import { greet } from '../doubles/task-definitions.ts';
import { createWorld } from '../doubles/world.ts';
import { callApi } from '../unit/router/call-api.ts';

const a = z.strictObject({ a: z.string() });
const b = z.strictObject({ b: z.string() });

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  intersection: z.intersection(a, b),
  'loose intersection': z.intersection(z.looseObject({ a: z.string() }), z.looseObject({ b: z.string() })),
  'intersection of intersections': z.intersection(z.intersection(a, b), z.intersection(a, b)),
  'asynchronous intersection': z.intersection(
    z.looseObject({}).refine(async () => true),
    z.looseObject({}),
  ),
  'lazy intersection': z.strictObject({ part: z.lazy(() => z.intersection(a, b)) }),
  'list of intersections': z.array(z.intersection(a, b)),
  'intersection of records': z.intersection(z.record(z.string(), z.number()), z.record(z.string(), z.string())),
  union: z.union([a, b, z.strictObject({ part: a })]),
  record: z.record(z.string(), z.number()),
  'record of few names': z.record(z.enum(['a', 'b']), z.unknown()),
  'lazy record': z.lazy(() => z.record(z.string(), z.number())),
  'two patterns': z.strictObject({ words: z.record(z.string(), z.string().regex(/^a/).regex(/b$/)) }),
};
const definitions = Object.entries(SCHEMAS).map(
  ([type, input]) => defineTask({ ...greet, type, input: input as never }) as SingleTaskDefinition,
);
const world = createWorld([greet as SingleTaskDefinition, ...definitions]);

async function submit(type: string, input: unknown) {
  const event = apiEvent('POST /api/tasks', { body: { type, input } });
  const before = process.threadCpuUsage();
  const { statusCode: status, body = '' } = await answer(event, world.ports);
  const { user, system } = process.threadCpuUsage(before);
  return { status, body, milliseconds: (user + system) / 1000 };
}

const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, place) => [`k${place}`, 'x']));
const MANY = keys(100_000);

describe('an input with a hundred thousand names', () => {
  it.each([
    ['intersection', MANY],
    ['loose intersection', MANY],
    ['loose intersection', { a: '', b: '', ...MANY }],
    ['intersection of intersections', MANY],
    ['asynchronous intersection', MANY],
    ['lazy intersection', { part: MANY }],
    ['list of intersections', [MANY]],
    ['intersection of records', MANY],
    ['union', MANY],
    ['union', { part: MANY }],
    ['record', MANY],
    ['record of few names', MANY],
    ['lazy record', MANY],
  ])('for the schema of an %s is refused soon', async (type, input) => {
    const { status, body, milliseconds } = await submit(type, input);
    expect(status).toBe(400);
    expect(body.length).toBeLessThan(20_000);
    expect(JSON.parse(body).errors[0].field).toMatch(/^\/input/);
    expect(milliseconds).toBeLessThan(2_000);
  });

  it('is told where it has too many for an intersection', async () => {
    const { body } = await callApi(world, 'POST /api/tasks', {
      body: { type: 'lazy intersection', input: { part: keys(1_001) } },
    });
    expect(body.errors).toEqual([
      { field: '/input/part', message: 'has more than 1000 members, which is too many for the schema of this type' },
    ]);
  });

  it.each([
    ['loose intersection', { a: '', b: '', ...keys(900) }],
    ['two patterns', { words: Object.fromEntries(Object.keys(keys(5_000)).map((key) => [key, 'ab'])) }],
  ])('is none where it fits an %s', async (type, input) => {
    expect(await submit(type, input)).toMatchObject({ status: 202 });
  });
});
