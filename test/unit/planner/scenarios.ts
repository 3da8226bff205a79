import { API_BURST_REQUESTS, API_REQUESTS_PER_SECOND } from '../../../planner/documented-limits.ts';
import type { Scenario } from '../../../planner/scenario.ts';
import type { Control } from '../../../planner/simulation/governor.ts';
import type { Load } from '../../../planner/simulation/load.ts';
import type { Service } from '../../../planner/simulation/service.ts';
import type { Simulation } from '../../../planner/simulation/simulate.ts';
import { MILLISECOND, MINUTE, SECOND } from '../../../planner/time.ts';

/** Leaves everything as it is. */
const untouched: Control = { period: MINUTE, decide: () => new Map() };

/** Nothing comes, and nothing takes time but the handler's second. */
const load: Load = { tasksPerSecond: 0, lasting: 0, spikes: [], backlog: 0, mix: { normal: 1 }, bulk: 1 };
const service: Service = {
  duration: 1000 * MILLISECOND,
  spread: 'fixed',
  overhead: 0,
  delivery: 0,
  coldStart: 0,
  concurrencyPerInvocation: 1,
};

/** As an executor asks whose longest attempt takes 50 s. */
export const FILLING = { first: SECOND, again: SECOND, waitsFrom: 5 * SECOND, until: 55 * SECOND };

type Differences = Partial<Omit<Scenario, 'load' | 'service'>> & {
  readonly load?: Partial<Load>;
  readonly service?: Partial<Service>;
};

/** Makes a scenario that differs so from one in which four executors take a task each, and no limit is near. */
export const scenario = ({ load: loadBeside, service: serviceBeside, ...beside }: Differences): Scenario => ({
  reserved: 10,
  lanes: { high: 4, normal: 4, low: 2, batch: 2 },
  batchSize: 1,
  batchWindows: {},
  writes: [],
  tableSize: { tables: 1, keys: 1, peakPerSecond: 0 },
  api: { perSecond: API_REQUESTS_PER_SECOND, burst: API_BURST_REQUESTS },
  control: untouched,
  seed: 1,
  ...beside,
  load: { ...load, ...loadBeside },
  service: { ...service, ...serviceBeside },
});

/** The lane that all tasks come to unless they are told otherwise. */
export function normalLane({ lanes }: Simulation) {
  const lane = lanes.find(({ kind }) => kind === 'normal');
  if (lane === undefined) throw new Error('there is no lane for normal tasks');
  return lane;
}
