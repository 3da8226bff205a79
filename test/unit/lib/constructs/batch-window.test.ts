import { describe, expect, it } from 'vitest';
import type { BatchPolicy } from '../../../../functions/core/define-task.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { batchWindowOf } from '../../../../lib/constructs/batch-window.ts';
import { bulk, doubled } from '../../../doubles/bulk-world.ts';
import { greet } from '../../../doubles/task-definitions.ts';

const types = (...batches: [number, number][]) => [
  greet,
  ...batches.map(([maxSize, windowSeconds]) =>
    bulk(doubled, { batch: { maxSize, windowSeconds } satisfies BatchPolicy }),
  ),
];

describe('a batch lane', () => {
  it.each([
    [types([100, 5]), { messages: 100, windowSeconds: 5 }],
    [types([4, 0]), { messages: 4, windowSeconds: 0 }],
    [types([100, 5], [20, 2]), { messages: 100, windowSeconds: 2 }],
    [types([100, 5], [4, 0]), { messages: 100, windowSeconds: 1 }],
    [types(), { messages: 10, windowSeconds: 0 }],
  ])('gathers what its largest type takes, and waits as its most impatient does: %#', (definitions, expected) => {
    expect(batchWindowOf('batch', 'default', RESOURCE_CLASS_SPECS, definitions)).toEqual(expected);
  });

  it('is moved by no type of another class, and moves no other lane', () => {
    expect(batchWindowOf('batch', 'memory-intensive', RESOURCE_CLASS_SPECS, types([100, 5]))).toEqual({
      messages: 1,
      windowSeconds: 0,
    });
    expect(batchWindowOf('normal', 'default', RESOURCE_CLASS_SPECS, types([100, 5]))).toEqual({
      messages: 10,
      windowSeconds: 0,
    });
  });
});
