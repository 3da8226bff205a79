import { RESOURCE_CLASSES, reservationOf } from '../functions/contract.ts';
import type { DeployConfig } from '../lib/config.ts';
import { COST_ASSUMPTIONS } from './cost-assumptions.ts';
import {
  ACCOUNT_CONCURRENCY,
  ACCOUNT_INVOCATIONS_PER_SECOND,
  MESSAGES_IN_FLIGHT,
  UNRESERVED_CONCURRENCY,
} from './documented-limits.ts';
import { type Load, peakTasksPerSecond } from './load.ts';
import { apiRequestsPerSecond } from './scenario-of.ts';
import type { Simulation } from './simulate.ts';
import { SECOND } from './time.ts';

/** A limit of AWS, and how much of it the plan asks for at its peak. */
export type Bound = { readonly name: string; readonly peak: number; readonly limit: number };

/**
 * How near the load comes to what the account may do. `executors` is how many run at the peak, in all shards, and
 * `messagesPerInvocation` what each of them holds.
 */
export function boundsOf(
  load: Load,
  config: DeployConfig,
  simulation: Simulation,
  executors: number,
  messagesPerInvocation: number,
): Bound[] {
  const requests = peakTasksPerSecond(load) / load.bulk;
  const invocations = simulation.lanes.reduce((sum, lane) => sum + lane.invocations, 0);
  const busySeconds = simulation.lanes.reduce((sum, lane) => sum + lane.executors.area(simulation.lasted), 0) / SECOND;
  const invocationsPerSecond = busySeconds === 0 ? 0 : executors * (invocations / busySeconds);
  const routers = (requests * COST_ASSUMPTIONS.routerMilliseconds) / 1000;
  return [
    { name: 'API requests a second', peak: requests, limit: apiRequestsPerSecond(config) },
    {
      name: 'Lambda invocations a second',
      peak: requests + invocationsPerSecond,
      limit: ACCOUNT_INVOCATIONS_PER_SECOND,
    },
    {
      name: 'Lambda concurrency that is reserved or left',
      peak: accountConcurrencyOf(config, routers),
      limit: ACCOUNT_CONCURRENCY,
    },
    {
      name: 'messages in flight on one lane',
      peak: Math.max(...simulation.lanes.map((lane) => lane.executors.max)) * messagesPerInvocation,
      limit: MESSAGES_IN_FLIGHT,
    },
    ...simulation.writes.map(({ name, peakPerSecond, firstPerSecond }) => ({
      name: `DynamoDB writes a second, ${name}`,
      peak: peakPerSecond,
      limit: firstPerSecond,
    })),
  ];
}

/** Of the governor and of the sweeper, which run one at a time. */
const CLOCKWORK_FUNCTIONS = 2;

/**
 * The Lambda concurrency that an account has to have: what executors and clockwork reserve, what is reserved or
 * provisioned of the router, and what Lambda leaves to all others, among which the router's are beyond that.
 */
export function accountConcurrencyOf(config: DeployConfig, routers = 0): number {
  const { concurrency, shards, provisioned, apiConcurrency } = config;
  const executors = RESOURCE_CLASSES.reduce(
    (sum, name) => sum + reservationOf(concurrency[name].reserved) * shards[name],
    0,
  );
  const kept = provisioned === false ? 0 : provisioned.max;
  const ofApi = (apiConcurrency.router ?? kept) + (apiConcurrency.authorizer ?? 0);
  const unreserved = apiConcurrency.router === undefined ? routers - kept : 0;
  return executors + CLOCKWORK_FUNCTIONS + ofApi + Math.max(UNRESERVED_CONCURRENCY, unreserved);
}
