import { steady } from './arrivals.ts';
import { EXPECTED_MIX, isSubmit } from './mix.ts';
import { percentilesOf } from './percentiles.ts';
import { isPrompt, type Run, type TaskTimes } from './run.ts';
import { type Scenario, type Table, warmUp } from './scenario.ts';

const BEFORE_SECONDS = 60;
const SPIKE_SECONDS = 30;
const TIMES = 10;
const LOOK_SECONDS = 5;
const LEAST_SECONDS_AFTER = 60;
/** A p95 within twice the usual is as before, and so is one that nobody feels. */
const asBefore = (usual: number): number => Math.max(2 * usual, 250);

/** Ten times the load for 30 s, and the usual load until all is as it was. */
export const spike: Scenario = {
  name: 'spike',
  description: 'Ten times the load for 30 s',
  rateMeans: 'requests a second before and after',
  defaults: { rate: 5, minutes: 5 },
  mix: EXPECTED_MIX,
  *phases({ rate, minutes }, seen) {
    yield warmUp(rate);
    yield steady('before', BEFORE_SECONDS, rate);
    const usual = seen.recently(Date.now()).p95 ?? Number.POSITIVE_INFINITY;
    yield steady('spike', SPIKE_SECONDS, TIMES * rate);
    let calm = 0;
    for (let after = 0; after < minutes * 60; after += LOOK_SECONDS) {
      const { p95 = Number.POSITIVE_INFINITY } = seen.recently(Date.now());
      calm = p95 <= asBefore(usual) && seen.inLanes <= LOOK_SECONDS * rate ? calm + LOOK_SECONDS : 0;
      if (after >= LEAST_SECONDS_AFTER && calm >= LEAST_SECONDS_AFTER / 2) return;
      yield steady('after', LOOK_SECONDS, rate);
    }
  },
  evaluate(run, tasks) {
    const recovery = recoveryOf(run, tasks);
    const during = run.requests.filter(({ phase }) => phase === 'spike');
    return {
      findings: [
        { name: 'refused by admission in the spike, tasks', value: during.flatMap(({ refusals }) => refusals).length },
        {
          name: 'failed otherwise in the spike, requests',
          value: during.filter(({ errors }) => errors.length > 0).length,
          isGood: during.every(({ errors }) => errors.length === 0),
        },
        { name: 'submits are as before after, s', ...secondsOr(recovery.submitSeconds) },
        { name: 'tasks end as before after, s', ...secondsOr(recovery.endToEndSeconds) },
      ],
      tables: [phasesTable(run)],
    };
  },
};

function phasesTable({ requests }: Pick<Run, 'requests'>): Table {
  const rows = [...Map.groupBy(requests.filter(isSubmit), ({ phase }) => phase)].map(([phase, found]) => {
    const times = percentilesOf(found.map(({ dueAt, endedAt }) => endedAt - dueAt));
    const count = (of: (one: Run['requests'][number]) => readonly string[]) => found.flatMap(of).length;
    return [
      ...[phase, found.length, times?.p50 ?? null, times?.p95 ?? null, times?.p99 ?? null],
      ...[count(({ refusals }) => refusals), count(({ errors }) => errors)],
    ];
  });
  return { title: 'Submits by phase, ms', columns: ['', 'count', 'p50', 'p95', 'p99', 'refused', 'failed'], rows };
}

const secondsOr = (seconds: number | undefined) => ({ value: seconds ?? 'never', isGood: seconds !== undefined });

/** How long after the spike what is submitted is answered, and ends, as before: for good. */
export function recoveryOf({ requests }: Pick<Run, 'requests'>, tasks: readonly TaskTimes[]) {
  const isIn = (phase: string) => requests.filter((one) => one.phase === phase);
  const spikeEnd = isIn('spike').reduce((last, { dueAt }) => Math.max(last, dueAt), 0);
  const spikeBegin = isIn('spike').reduce((first, { dueAt }) => Math.min(first, dueAt), Number.POSITIVE_INFINITY);
  const usualFrom = isIn('before').reduce((first, { dueAt }) => Math.min(first, dueAt), Number.POSITIVE_INFINITY);
  const submits = requests.filter(isSubmit);
  const secondsFor = (found: readonly { readonly dueAt: number; readonly endedAt: number }[]): number | undefined => {
    const p95Of = (from: number, to: number) =>
      percentilesOf(
        found.filter(({ dueAt }) => dueAt > from && dueAt <= to).map(({ dueAt, endedAt }) => endedAt - dueAt),
      )?.p95;
    const limit = asBefore(p95Of(usualFrom - 1, spikeBegin - 1) ?? 0);
    const last = found.reduce((latest, { dueAt }) => Math.max(latest, dueAt), spikeEnd);
    const each = LOOK_SECONDS * 1000;
    const stretches = Array.from(
      { length: Math.ceil((last - spikeEnd) / each) },
      (_, index) => spikeEnd + index * each,
    );
    const late = stretches.findLastIndex((from) => (p95Of(from, from + each) ?? 0) > limit);
    return late === stretches.length - 1 ? undefined : (late + 1) * LOOK_SECONDS;
  };
  return {
    submitSeconds: secondsFor(submits),
    endToEndSeconds: secondsFor(
      tasks.filter(isPrompt).flatMap(({ dueAt, endedAt }) => (endedAt === undefined ? [] : [{ dueAt, endedAt }])),
    ),
  };
}
