import { steady } from './arrivals.ts';
import { EXPECTED_MIX } from './mix.ts';
import { type Scenario, warmUp } from './scenario.ts';

/** The mix that is to be expected, at a rate that does not change. */
export const load: Scenario = {
  name: 'load',
  description: 'The expected mix at a constant rate',
  rateMeans: 'requests a second',
  defaults: { rate: 20, minutes: 5 },
  mix: EXPECTED_MIX,
  *phases({ rate, minutes }) {
    yield warmUp(rate);
    yield steady('load', minutes * 60, rate);
  },
  evaluate: () => ({ findings: [], tables: [] }),
};
