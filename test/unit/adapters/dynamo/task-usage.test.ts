import { describe, expect, it } from 'vitest';
import { dueAttributes, rowOfNew } from '../../../../functions/adapters/dynamo/task-row.ts';
import { usageAttributes, usageOfRows } from '../../../../functions/adapters/dynamo/task-usage.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { costOf } from '../../../../planner/costs/cost-basis.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 1);
const seed = taskSeed();
const row = rowOfNew(newTask(seed), undefined, 1);
const later = { ...newTask({ ...seed, runAt: NOW + 3_600_000 }) };
const delayed = rowOfNew(later, NOW + 3_600_000, 1);
const writes = (before: object | undefined, after: object) => usageOfRows(before as never, after as never).writeUnits;

describe('the write units of a change are those that docs/costs.md tells of', () => {
  it.each([
    ['submit a task', undefined, row],
    [
      'submit a task of a workflow, for an assignee',
      undefined,
      rowOfNew(newTask({ ...seed, workflowInstanceId: 'w', assignee: { type: 'user', id: 'u' } }), undefined, 1),
    ],
    [
      'submit a task with 2 KB of input',
      undefined,
      rowOfNew(newTask({ ...seed, input: { ref: 'acme#x' } }), undefined, 1),
    ],
    ['submit a task for later than 900 s', undefined, delayed],
    ['cancel a waiting task', row, { ...row, status: { S: 'cancelled' }, statusGroup: { S: 'cancelled' } }],
  ])('%s', (call, before, after) => {
    expect(writes(before, after)).toBe(costOf(call).writes);
  });

  it('claim and settle', () => {
    const running = { ...row, status: { S: 'running' } };
    const succeeded = { ...running, status: { S: 'succeeded' }, output: { S: '1' } };
    expect(writes(row, running) + writes(running, succeeded)).toBe(costOf('claim and settle').writes);
  });

  it('of one that ends otherwise than expected are two more', () => {
    expect(writes(row, { ...row, statusGroup: { S: 'failed' } })).toBe(3);
  });

  it('of a failure are one for the list of its kind, and one as that is retried', () => {
    const failed = { ...row, statusGroup: { S: 'failed' }, errorCode: { S: 'boom' } };
    expect([writes(row, failed), writes(failed, row)]).toEqual([4, 4]);
    expect(writes(row, { ...row, lastErrorCode: { S: 'boom' } })).toBe(1);
  });

  it('of an entry among those that are due are one as it comes and goes, and two as it moves', () => {
    const due = { ...row, ...dueAttributes(seed.id, NOW, 1) };
    expect([writes(row, due), writes(due, row), writes(due, due)]).toEqual([2, 2, 1]);
    expect(writes(due, { ...due, ...dueAttributes(seed.id, NOW + 1, 1) })).toBe(3);
  });

  it('of a tag are one as its entry comes, and one for when it goes', () => {
    const tagged = rowOfNew(newTask({ ...seed, tags: ['a', 'b/c'] }), undefined, 1);
    expect(writes(undefined, tagged)).toBe(3 + 4);
    expect(writes(tagged, { ...tagged, status: { S: 'running' } })).toBe(1);
  });

  it('of an output that is kept apart are one more', () => {
    expect(writes(row, { ...row, outputRef: { S: 'acme#x' } })).toBe(2);
  });
});

it('a row says how many were submitted with its task, unless it was alone, the time of its executor, and when a task that goes on did', () => {
  const together = rowOfNew({ ...newTask(seed), submittedTogether: 100 }, undefined, 1);
  expect(usageOfRows(undefined, together).submittedTogether).toBe(100);
  expect(rowOfNew({ ...newTask(seed), submittedTogether: 1 }, undefined, 1)).toEqual(row);
  const usage = { executorMilliseconds: 12, endedAt: NOW };
  expect(usageOfRows(row, { ...row, ...usageAttributes(usage, false) })).toMatchObject({ executorMilliseconds: 12 });
  expect(usageAttributes(usage, false)).not.toHaveProperty('attemptEndedAt');
  expect(usageOfRows(row, { ...row, ...usageAttributes(usage, true) }).attemptEndedAt).toBe(NOW);
  expect(usageOfRows(undefined, row)).toEqual({ submittedTogether: 1, writeUnits: 3 });
});
