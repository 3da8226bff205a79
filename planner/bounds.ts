import type { DeployConfig } from '../lib/config.ts';
import { COST_ASSUMPTIONS } from './costs/cost-basis.ts';
import { secondsWaited } from './costs/plan-costs.ts';
import { accountConcurrencyOf } from './deployment.ts';
import { ACCOUNT_CONCURRENCY, ACCOUNT_INVOCATIONS_PER_SECOND, MESSAGES_IN_FLIGHT } from './documented-limits.ts';
import type { PlanArguments } from './plan-arguments.ts';
import { apiRequestsPerSecond } from './scenario.ts';
import { peakTasksPerSecond } from './simulation/load.ts';
import type { Simulation } from './simulation/simulate.ts';
import { SECOND } from './time.ts';

/** A limit of AWS, and how much of it the plan asks for at its peak. */
export type Bound = { readonly name: string; readonly peak: number; readonly limit: number };

/**
 * Returns how near the load comes to what the account may do. `executors` is how many run at the peak, in all shards, and
 * `messagesPerInvocation` what each of them holds.
 */
export function boundsOf(
  args: PlanArguments,
  config: DeployConfig,
  simulation: Simulation,
  executors: number,
  messagesPerInvocation: number,
): Bound[] {
  const { load, waiting } = args;
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
    ...(waiting === undefined
      ? []
      : [
          {
            name: 'callers who wait at a time',
            peak: peakTasksPerSecond(load) * waiting.share * secondsWaited(args, simulation),
            limit: config.waiters,
          },
        ]),
    {
      name: 'messages in flight on one lane',
      peak: Math.max(...simulation.lanes.map((lane) => lane.executors.max)) * messagesPerInvocation,
      limit: MESSAGES_IN_FLIGHT,
    },
    ...simulation.writes.map(({ name, peakPerSecond, limitPerSecond }) => ({
      name: `DynamoDB writes a second, ${name}`,
      peak: peakPerSecond,
      limit: limitPerSecond,
    })),
  ];
}
