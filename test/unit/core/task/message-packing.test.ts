import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../../functions/core/task/message.ts';
import { packed } from '../../../../functions/core/task/message-packing.ts';
import type { TaskSeed } from '../../../../functions/core/task/task.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { taskSeeds } from '../../../doubles/task-arbitraries.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const BATCH_SIZES = new Map([['bulk', 40]]);

const pack = (tasks: readonly TaskSeed[], delaySeconds = 0) =>
  packed(
    tasks.map((task) => ({ task, delaySeconds })),
    BATCH_SIZES,
    RESOURCE_CLASS_SPECS,
  );
const sizes = (tasks: readonly TaskSeed[]) =>
  pack(tasks).map(({ messages }) => messages.map((message) => message.tasks.length));
const many = (count: number, more: Partial<TaskSeed> = {}) => Array.from({ length: count }, () => taskSeed(more));

describe('packing', () => {
  it.each<[string, TaskSeed[], number[][]]>([
    ['one task', many(1), [[1]]],
    ['an odd number', many(5), [[2, 2, 1]]],
    ['as many as a request takes', many(20), [Array(10).fill(2)]],
    ['a hundred: in two requests', many(100), [Array(10).fill(5), Array(10).fill(5)]],
    ['more: no more in each message', many(110), [Array(10).fill(5), Array(10).fill(5), [5, 5]]],
    ['of a type that runs in batches: one batch each', many(100, { type: 'bulk' }), [[40, 40, 20]]],
    ['more batches than a request holds', many(480, { type: 'bulk' }), [Array(10).fill(40), [40, 40]]],
    ['of a class that runs one at a time', many(3, { resourceClass: 'memory-intensive' }), [[1, 1, 1]]],
  ])('%s', (_, tasks, expected) => {
    expect(sizes(tasks)).toEqual(expected);
  });

  it('keeps lanes, tenants and delays apart', () => {
    const tasks = [taskSeed(), taskSeed({ executorKey: 'default/high/0' }), taskSeed({ tenantId: 'other' as never })];
    expect(pack(tasks)).toHaveLength(3);
    const delayed = [0, 1, 1].map((delaySeconds) => ({ task: taskSeed(), delaySeconds }));
    expect(packed(delayed, BATCH_SIZES, RESOURCE_CLASS_SPECS)).toHaveLength(2);
  });

  it('sends each task once, in messages and requests of a size that SQS takes and bills as few', () => {
    fc.assert(
      fc.property(fc.array(taskSeeds, { maxLength: 60 }), fc.nat({ max: 60_000 }), (tasks, bytes) => {
        const padded = tasks.map((task, index) =>
          index % 3 === 0 ? { ...task, input: { inline: 'x'.repeat(bytes) } } : task,
        );
        const requests = pack(padded);
        const sent = requests.flatMap(({ messages }) => messages);
        for (const { body, tasks: carried } of sent) {
          expect(decodeMessage(body)).toEqual({ result: 'tasks', tasks: carried });
          if (carried.length > 1) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
        }
        for (const { messages } of requests) {
          expect(messages.length).toBeLessThanOrEqual(10);
          const total = messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
          expect(total).toBeLessThanOrEqual(1_048_576);
        }
        const ids = (all: readonly TaskSeed[]) => all.map(({ id }) => id).toSorted();
        expect(ids(sent.flatMap(({ tasks: carried }) => carried))).toEqual(ids(padded));
      }),
      { numRuns: 50 },
    );
  });
});
