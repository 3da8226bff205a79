import type { Phase } from './arrivals.ts';
import type { Mix } from './mix.ts';
import type { Run, TaskTimes } from './run.ts';
import type { SeenSoFar } from './seen-so-far.ts';

/** Of requests a second, or of what a scenario calls its rate. */
export type Plan = { readonly rate: number; readonly minutes: number };

/** One thing that a run showed; `isGood` where it can be wrong. */
export type Finding = { readonly name: string; readonly value: number | string; readonly isGood?: boolean };

export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
};

export type Evaluation = { readonly findings: readonly Finding[]; readonly tables: readonly Table[] };

export type Scenario = {
  readonly name: string;
  readonly description: string;
  readonly rateMeans: string;
  readonly defaults: Plan;
  readonly mix: Mix;
  /** Asked for one after another, so that a later one may follow from what was seen. */
  phases(plan: Plan, seen: SeenSoFar): Iterable<Phase>;
  evaluate(run: Run, tasks: readonly TaskTimes[]): Evaluation;
};

/** Functions start in it, and connections open; its requests count in no percentile. */
export const WARM_UP = 'warm-up';
export const warmUp = (rate: number): Phase => ({ name: WARM_UP, seconds: 15, from: 0, to: rate });
