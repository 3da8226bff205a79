import { describe, expect, test } from 'vitest';
import { arrivals, type Phase, steady } from '../../../loadtest/scenarios/arrivals.ts';

const dueOf = (phases: Iterable<Phase>): number[] =>
  [...arrivals(phases)].map(({ dueMilliseconds }) => dueMilliseconds);

describe('arrivals', () => {
  test('of a constant rate are as far apart as each other', () => {
    expect(dueOf([steady('load', 2, 4)])).toEqual([250, 500, 750, 1000, 1250, 1500, 1750, 2000]);
  });

  test('of a rising rate come the closer the later, as many as its area', () => {
    const due = dueOf([{ name: 'rise', seconds: 10, from: 0, to: 20 }]);
    expect(due).toHaveLength(100);
    expect(due[24]).toBeCloseTo(5_000);
    expect(due[99]).toBeCloseTo(10_000);
    const gaps = due.slice(1).map((time, index) => time - (due[index] ?? 0));
    expect(gaps).toEqual(gaps.toSorted((a, b) => b - a));
  });

  test('of a falling rate come the farther apart the later', () => {
    const due = dueOf([{ name: 'fall', seconds: 10, from: 20, to: 0 }]);
    expect(due).toHaveLength(100);
    expect(due[74]).toBeCloseTo(5_000);
    expect(due[99]).toBeCloseTo(10_000);
  });

  test('lose nothing between phases: parts of an arrival add up', () => {
    const due = dueOf(Array.from({ length: 20 }, (_, index) => steady(`${index}`, 1, 0.25)));
    expect(due).toEqual([4_000, 8_000, 12_000, 16_000, 20_000]);
  });

  test('pass by a phase in which nobody comes', () => {
    expect(dueOf([steady('a', 1, 1), steady('b', 10, 0), steady('c', 1, 1)])).toEqual([1_000, 12_000]);
  });

  test('ask for a phase only when the one before is over', () => {
    const asked: string[] = [];
    function* phases() {
      for (const name of ['a', 'b']) {
        asked.push(name);
        yield steady(name, 1, 2);
      }
    }
    const found = arrivals(phases());
    expect(found.next().value?.phase.name).toBe('a');
    found.next();
    expect(asked).toEqual(['a']);
    expect(found.next().value?.phase.name).toBe('b');
    expect(asked).toEqual(['a', 'b']);
  });
});
