import { steady } from './arrivals.ts';
import { EXPECTED_MIX, isSubmit, type Mix } from './mix.ts';
import { percentilesOf } from './percentiles.ts';
import { isPrompt, type Run, type TaskTimes } from './run.ts';
import type { Scenario } from './scenario.ts';

const STEP_SECONDS = 30;
const STEPS_BEYOND = 2;
/** What a step has to do to have kept up: answers in time, and so many of its tasks over within this time. */
const KEPT_UP = { submitP95: 1_000, endToEnd: 5_000, endedInTime: 0.9 };

/** A stack whose answers are this late has no more to show: requests would only gather in front of it. */
const LOST_MS = 10_000;

/**
 * Bulks of urgent tasks that wait for another server come besides: executors bound what a lane does of those, so the lane
 * fills up, and its admission closes, before the machine that plays the cloud is at its end.
 */
const MIX: Mix = {
  weights: { ...EXPECTED_MIX.weights, bulk: 2 },
  bulk: { size: 100, priority: 'high', waitMilliseconds: 2_000 },
};

export type Step = {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly acceptedPerSecond: number;
  readonly endedPerSecond: number;
  /** The part of its tasks, those left out that wait for others, that had ended soon. */
  readonly endedInTime: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly refused: number;
  readonly failed: number;
};

/** What the finding is called whose value is the highest step that kept up. */
export const PEAK = 'peak: the highest step that kept up, requests/s';

/** Steps that rise until admission closes, or until answers come too late to matter, and two beyond. */
export const stress: Scenario = {
  name: 'stress',
  description: 'Steps of 30 s that rise until admission closes, and two beyond',
  rateMeans: 'requests a second by which each step is higher',
  defaults: { rate: 10, minutes: 15 },
  mix: MIX,
  *phases({ rate, minutes }, seen) {
    let beyond = 0;
    for (let step = 1; step * STEP_SECONDS <= minutes * 60 && beyond < STEPS_BEYOND; step++) {
      if (seen.refused > 0 || (seen.recently(Date.now()).p95 ?? 0) > LOST_MS) beyond++;
      yield steady(`${step * rate}/s`, STEP_SECONDS, step * rate);
    }
  },
  evaluate(run, tasks) {
    const steps = stepsOf(run, tasks);
    const sustained = steps.findLast(keptUp);
    const most = (of: (step: Step) => number) => Math.max(0, ...steps.map(of));
    const closing = steps.find(({ refused }) => refused > 0);
    return {
      findings: [
        {
          name: PEAK,
          value: sustained?.requestsPerSecond ?? 0,
          isGood: sustained !== undefined,
        },
        { name: 'most tasks accepted in a step, a second', value: most(({ acceptedPerSecond }) => acceptedPerSecond) },
        { name: 'most tasks ended in a step, a second', value: most(({ endedPerSecond }) => endedPerSecond) },
        { name: 'admission closed at', value: closing?.name ?? 'no step', isGood: closing !== undefined },
      ],
      tables: [
        {
          title: 'Steps',
          columns: [
            'requests/s',
            'accepted/s',
            'ended/s',
            'over within 5 s, %',
            'submit p50 ms',
            'p95',
            'p99',
            'refused',
            'failed',
            'kept up',
          ],
          rows: steps.map((step) => [
            ...[
              step.requestsPerSecond,
              step.acceptedPerSecond,
              step.endedPerSecond,
              Math.round(100 * step.endedInTime),
            ],
            ...[step.p50, step.p95, step.p99, step.refused, step.failed],
            keptUp(step) ? 'yes' : 'no',
          ]),
        },
      ],
    };
  },
};

function keptUp({ p95, refused, failed, endedInTime }: Step): boolean {
  const isInTime = p95 <= KEPT_UP.submitP95 && endedInTime >= KEPT_UP.endedInTime;
  return isInTime && refused === 0 && failed === 0;
}

/** What each step did while it lasted. */
export function stepsOf({ begunAt, requests }: Pick<Run, 'begunAt' | 'requests'>, tasks: readonly TaskTimes[]): Step[] {
  return [...Map.groupBy(requests, ({ phase }) => phase)].map(([name, found], index) => {
    const from = begunAt + index * STEP_SECONDS * 1000;
    const isIn = (time: number | undefined) => time !== undefined && time >= from && time < from + STEP_SECONDS * 1000;
    const accepted = requests
      .filter(({ endedAt, isReplayed }) => isIn(endedAt) && !isReplayed)
      .reduce((count, one) => count + one.accepted.length, 0);
    const due = tasks.filter((task) => task.kind !== 'bulk' && isPrompt(task) && isIn(task.dueAt));
    const over = due.filter(({ dueAt, endedAt = Number.POSITIVE_INFINITY }) => endedAt - dueAt <= KEPT_UP.endToEnd);
    const submits = found.filter(isSubmit);
    const times = percentilesOf(submits.map(({ endedAt, dueAt }) => endedAt - dueAt));
    const perSecond = (count: number) => Math.round((count / STEP_SECONDS) * 10) / 10;
    return {
      name,
      requestsPerSecond: perSecond(found.length),
      acceptedPerSecond: perSecond(accepted),
      endedPerSecond: perSecond(tasks.filter(({ endedAt }) => isIn(endedAt)).length),
      endedInTime: due.length === 0 ? 1 : over.length / due.length,
      ...{ p50: times?.p50 ?? 0, p95: times?.p95 ?? 0, p99: times?.p99 ?? 0 },
      refused: found.reduce((count, { refusals }) => count + refusals.length, 0),
      failed: found.reduce((count, { errors }) => count + errors.length, 0),
    };
  });
}
