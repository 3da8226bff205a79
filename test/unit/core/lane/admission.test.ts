import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LANE_OBJECTIVE_SECONDS, type LaneKind, SHARED_LANE_KINDS } from '../../../../functions/contract.ts';
import { admission, estimatedWaitSeconds, worstWaitSeconds } from '../../../../functions/core/lane/admission.ts';
import { type LaneState, NO_LOAD } from '../../../../functions/core/lane/lane.ts';

type Waits = Partial<Record<LaneKind, number | null>>;

const ask = (kind: LaneKind, waits: Waits, wasAdmitting = true) =>
  admission(`default/${kind}/0`, (key) => waits[key.split('/')[1] as LaneKind] ?? null, wasAdmitting);
const admits = (waits: Waits) => SHARED_LANE_KINDS.filter((kind) => ask(kind, waits).admitted);

describe('admission', () => {
  it.each<[string, Waits, LaneKind[]]>([
    ['takes all while nobody waits', { high: 0, normal: 0, low: 0, batch: 0 }, ['high', 'normal', 'low', 'batch']],
    ['takes all while nobody knows how long one waits', { high: null }, ['high', 'normal', 'low', 'batch']],
    ['takes all up to a part of the objective', { normal: 408, low: 3060 }, ['high', 'normal', 'low', 'batch']],
    ['refuses what might wait beyond the objective', { low: 3061 }, ['high', 'normal', 'batch']],
    ['refuses low before normal is full', { normal: 409 }, ['high', 'normal', 'batch']],
    ['refuses the less urgent before high is full', { high: 49 }, ['high']],
    ['refuses all when high is full', { high: 61 }, []],
    ['refuses nothing else for a full batch lane', { batch: 601 }, ['high', 'normal', 'low']],
    ['refuses nothing else for a full express lane', { express: 61 }, ['high', 'normal', 'low', 'batch']],
  ])('%s', (_, waits, expected) => {
    expect(admits(waits)).toEqual(expected);
  });

  it('leaves the express lane open whatever waits in the others', () => {
    expect(ask('express', { high: 61, normal: 601, low: 3601, batch: 601 }).admitted).toBe(true);
    expect(ask('express', { express: 61 }).admitted).toBe(false);
  });

  it('tells the wait, and when the lane will be open again if nobody adds to it', () => {
    expect(ask('high', { high: 100 })).toEqual({ admitted: false, estimatedWaitSeconds: 100, retryAfterSeconds: 59 });
    expect(ask('low', { high: 100, low: 7 })).toMatchObject({ estimatedWaitSeconds: 7, retryAfterSeconds: 67 });
    expect(ask('low', { low: 100_000 })).toMatchObject({ retryAfterSeconds: 600 });
  });

  it('keeps a lane closed until seven tenths of its objective', () => {
    expect(ask('high', { high: 43 }, false).admitted).toBe(false);
    expect(ask('high', { high: 41 }, false).admitted).toBe(true);
  });

  it('never refuses what it would take with more to do, nor the urgent before the less urgent', () => {
    const wait = fc.nat({ max: 8000 });
    fc.assert(
      fc.property(wait, wait, wait, fc.nat({ max: 1000 }), (high, normal, low, less) => {
        const waits = { high, normal, low };
        const order = ['high', 'normal', 'low'] as const;
        const refused = order.filter((kind) => !ask(kind, waits).admitted);
        // Where high is full, all are refused; where normal is, low is, too.
        if (high > LANE_OBJECTIVE_SECONDS.high) expect(refused).toEqual(order);
        if (normal > LANE_OBJECTIVE_SECONDS.normal) expect(refused).toContain('low');
        for (const kind of order.filter((one) => !refused.includes(one))) {
          const lighter = { high: high - less, normal: normal - less, low: low - less };
          expect(ask(kind, lighter).admitted).toBe(true);
        }
        for (const kind of refused) {
          const answer = ask(kind, waits);
          expect(answer).toMatchObject({ retryAfterSeconds: expect.any(Number) });
          if (!answer.admitted) expect(answer.retryAfterSeconds).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });
});

describe('the wait in a lane', () => {
  const lane: LaneState = {
    executorKey: 'default/high/0',
    at: 0,
    depth: 300,
    inFlight: 40,
    maxConcurrency: 4,
    demands: [3],
    isAdmitting: true,
    load: NO_LOAD,
    batchSize: 10,
    tasksPerMessage: 2,
    secondsPerInvocation: 0.5,
  };

  it('is what its executors need for the tasks before, and at the worst what two of them need', () => {
    // Batches of ten messages of two tasks take half a second: that is forty tasks a second for each executor.
    expect(estimatedWaitSeconds(lane)).toBe(600 / (40 * 4));
    expect(worstWaitSeconds(lane)).toBe(600 / (40 * 2));
    expect(estimatedWaitSeconds(lane, 1600)).toBe(10);
  });

  it('is nothing where nobody waits, and unknown where nobody has worked', () => {
    const { secondsPerInvocation: _, ...fresh } = lane;
    expect([estimatedWaitSeconds(fresh), worstWaitSeconds(fresh)]).toEqual([null, null]);
    expect(estimatedWaitSeconds({ ...fresh, depth: 0 })).toBe(0);
  });
});
