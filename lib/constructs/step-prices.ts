import { ROUTER_MEMORY_MB } from '../../functions/contract.ts';
import type { StepPrices } from '../../functions/metrics.ts';
import type { DeployConfig } from '../config.ts';
import { LIST_PRICES } from '../list-prices.ts';
import { COST_ASSUMPTIONS } from './cost-assumptions.ts';

const HOUR_SECONDS = 3600;
const MONTH_DAYS = 365 / 12;

/** A dollar for a million is a thousand nanodollars for each. */
const PER_MILLION = 1_000;
const PER_GIGABYTE = 1;

/** Returns what the steps of a task cost in a deployment, in nanodollars, at list prices: what the planner reckons with, too. */
export function stepPricesOf(config: DeployConfig): StepPrices {
  const { routerMilliseconds, storedBytesPerTask, logBytes } = COST_ASSUMPTIONS;
  const { tableCapacity, routineLogs, accessLogs, tracing, taskEvents, retentionDays } = config;
  const logged = (bytes: number): number => bytes * LIST_PRICES.loggedGigabyte * PER_GIGABYTE;
  const routine = routineLogs ? logBytes.platform : 0;
  const { invocations, gigabyteSecond, queueRequests, fairQueueRequests, apiRequests } = LIST_PRICES;
  const routerSeconds = routerMilliseconds / 1000;
  const unitDollars =
    tableCapacity === 'onDemand'
      ? LIST_PRICES.writeUnits
      : (LIST_PRICES.writeCapacityHour / HOUR_SECONDS / tableCapacity.provisioned.utilization) * 1e6;
  return {
    request:
      (apiRequests + invocations) * PER_MILLION +
      (ROUTER_MEMORY_MB / 1024) * routerSeconds * gigabyteSecond * 1e9 +
      logged(routine + logBytes.submit + (routineLogs ? logBytes.requestLine : 0) + (accessLogs ? logBytes.access : 0)),
    message: (queueRequests + fairQueueRequests) * PER_MILLION,
    write: unitDollars * PER_MILLION,
    // It is a receive, a change of visibility and a delete, of a batch.
    invocation: (invocations + 3 * queueRequests) * PER_MILLION + logged(routine + logBytes.invocation),
    attempt: logged(logBytes.task + (routineLogs ? logBytes.attemptLine : 0)),
    trace: tracing !== false ? LIST_PRICES.traces * PER_MILLION : 0,
    event: taskEvents ? LIST_PRICES.events * PER_MILLION : 0,
    storage: storedBytesPerTask * (retentionDays / MONTH_DAYS) * LIST_PRICES.storedGigabyteMonth,
    gigabyteSecond: gigabyteSecond * 1e9,
    gigabytes: Object.fromEntries(
      Object.entries(config.classes).map(([name, { memoryMb }]) => [name, memoryMb / 1024]),
    ),
  };
}
