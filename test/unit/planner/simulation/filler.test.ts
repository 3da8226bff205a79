import { describe, expect, test } from 'vitest';
import { simulate } from '../../../../planner/simulation/simulate.ts';
import { SECOND } from '../../../../planner/time.ts';
import { FILLING, normalLane, scenario } from '../scenarios.ts';

describe('executors with free places', () => {
  const long = { duration: 30 * SECOND, concurrencyPerInvocation: 10 };
  const lanes = { high: 2, normal: 2, low: 2, batch: 2 };
  const played = (load: object, more: object = {}) =>
    simulate(scenario({ load, lanes, service: long, filling: FILLING, ...more }));

  test('take what waits when they first ask, and end with the last of it', () => {
    const simulation = played({ backlog: 20 });
    expect(simulation.lasted).toBe(31 * SECOND);
    expect(normalLane(simulation)).toMatchObject({ ended: 20, invocations: 2, waits: { p50: SECOND, max: SECOND } });
    expect(normalLane(simulation).executors.area(simulation.lasted)).toBe(2 * 31 * SECOND);
  });

  test('have no more at a time than places: the next waits for the first to end', () => {
    const simulation = played({ backlog: 21 });
    expect(normalLane(simulation)).toMatchObject({ ended: 21, invocations: 2, waits: { max: 30 * SECOND } });
  });

  test('take nothing that could not end in time, nor where their function lasts no longer than a task', () => {
    const late = played({ backlog: 3 }, { filling: { ...FILLING, until: SECOND / 2 } });
    expect(normalLane(late)).toMatchObject({ ended: 3, invocations: 3, waits: { max: 30 * SECOND } });
  });

  test('ask once a second at first, and wait for what comes later', () => {
    const load = { tasksPerSecond: 0.3, lasting: 40 * SECOND };
    const { waits, invocations } = normalLane(played(load));
    expect(invocations).toBe(2);
    expect(waits?.max).toBeLessThanOrEqual(SECOND);
    expect(waits?.p50).toBe(0);
  });

  test('give places back one by one where tasks take different times', () => {
    const { ended, waits } = normalLane(
      played({ backlog: 200 }, { service: { ...long, duration: 2 * SECOND, spread: 'exponential' } }),
    );
    expect(ended).toBe(200);
    // Twenty places and two seconds each make ten a second.
    expect(waits?.max).toBeGreaterThan(15 * SECOND);
    expect(waits?.max).toBeLessThan(35 * SECOND);
  });

  test('are played alike in steps of time, with a million of tasks', () => {
    const many = { backlog: 1_000_000 };
    const whole = { lanes: { ...lanes, normal: 500 }, reserved: 600, batchSize: 10 };
    const simulation = played(many, {
      ...whole,
      service: { ...long, concurrencyPerInvocation: 20, duration: 5 * SECOND },
    });
    expect(simulation.tick).toBeGreaterThan(1);
    expect(normalLane(simulation).ended).toBe(1_000_000);
    // 500 executors with twenty places each.
    const shortest = (1_000_000 / 10_000) * 5 * SECOND;
    expect(simulation.lasted / shortest).toBeGreaterThan(1);
    expect(simulation.lasted / shortest).toBeLessThan(1.6);
  });
});
