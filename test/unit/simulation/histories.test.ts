import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectSameCourse } from '../../doubles/course.ts';
import { FrailProcess, STURDY } from '../../doubles/frail-process.ts';
import { histories, invoke, submit, watchedWorld } from '../../doubles/history.ts';
import type { Plan } from '../../doubles/planned-tasks.ts';

/** The longer histories are in a file of their own, and run beside these. */
const HISTORIES = 2_500;

it('brings every accepted task to exactly one end, whatever breaks on the way', async () => {
  await fc.assert(histories(), { numRuns: HISTORIES });
}, 240_000);

it('takes the same course each time', async () => {
  await expectSameCourse((mutate) => histories({ mutate }), 100);
}, 60_000);

it('runs each attempt once, and changes nothing that has ended, where every message is delivered three times', async () => {
  const { world, rows, violations, attempts } = watchedWorld();
  const one: Plan = { type: 'part', fails: 0, parts: [] };
  const all: Plan = { type: 'all-of', fails: 0, parts: [one, { ...one, type: 'share' }, one] };
  await submit(
    world,
    Array.from({ length: 200 }, (_, number) => ({ plan: number % 4 === 0 ? all : one, hasRow: number % 3 > 0 })),
  );
  const bodies = new Map<string, string>();
  const settle = async (): Promise<void> => {
    while (world.queue.messages.size > 0) {
      for (const { id, body } of world.queue.messages.values()) bodies.set(id, body);
      await invoke(world, [new FrailProcess(STURDY), new FrailProcess({ ...STURDY, pace: [3, 0, 7] })], true);
      world.advance(30);
    }
  };
  await settle();
  const ended = new Map(rows);
  for (const body of bodies.values()) world.queue.put(body);
  await settle();
  expect(rows).toEqual(ended);
  expect([...rows.values()].filter(({ status }) => status !== 'succeeded')).toEqual([]);
  expect(violations).toEqual([]);
  // There are 150 alone, and 50 with 3 parts each, which run and combine.
  expect(attempts.size).toBe(150 + 50 * (3 + 2));
  expect(rows.size).toBe(150 + 50 * (3 + 1));
});
