import { describe, expect, test } from 'vitest';
import { hasWaited, pauseSecondsAfter, waitSecondsOf } from '../../../../console/model/task-wait.ts';

describe('a read of a task', () => {
  test('waits not at all before there is anything to look at, nor for what has ended', () => {
    expect([undefined, { status: 'succeeded' }, { status: 'failed' }].map(waitSecondsOf)).toEqual([0, 0, 0]);
  });

  test('waits shorter where an attempt may tell of its progress', () => {
    expect(['queued', 'running', 'waiting', 'scheduled'].map((status) => waitSecondsOf({ status }))).toEqual([
      5, 5, 20, 20,
    ]);
  });

  test('has not waited where the API says so, or where it has answered at once', () => {
    const full = new Headers({ 'millrace-waiting': 'full' });
    expect(hasWaited(full, 5_000)).toBe(false);
    expect(hasWaited(new Headers(), 5_000)).toBe(true);
    expect(hasWaited(new Headers(), 20)).toBe(false);
  });

  test('is followed by the next at once, or after a pause that doubles', () => {
    const pauses = [0, 1, 2, 3, 4, 5, 50].map(pauseSecondsAfter);
    expect(pauses[0]).toBeLessThan(0.5);
    expect(pauses.slice(1)).toEqual([2, 4, 8, 16, 16, 16]);
  });
});
