import { WAITER_MEMORY_MB } from '../../functions/contract.ts';
import { pauseBefore } from '../../functions/core/wait/wait-for-end.ts';
import type { DeployConfig } from '../../lib/config.ts';
import { type CostLine, GIGABYTE, linesOf, MILLION, routineBytes } from '../../lib/constructs/cost-lines.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { COST_ASSUMPTIONS } from './cost-basis.ts';

/** The tasks that callers wait for, and how long for each in the mean. */
export type Waiting = { readonly tasks: number; readonly seconds: number };

/** A client has the API wait so long, and asks again (`client/result.ts`). */
const CALL_SECONDS = 20;

/** A wait takes a slot and gives it back, each with a write; before it, it looks at all of them, fifty to an item. */
const SLOT_WRITES = 2;
const SLOTS_OF_ITEM = 50;

/** Returns what waits take: each call reads the task as it is, then at half of the price, again and again, and its end as it is. */
export function waitCosts({ tasks, seconds }: Waiting, config: DeployConfig): CostLine[] {
  const calls = tasks * Math.max(1, Math.ceil(seconds / CALL_SECONDS));
  const waitedCalls = seconds > 0 ? calls : 0;
  const secondsOfCall = (seconds * tasks) / calls + COST_ASSUMPTIONS.readMilliseconds / 1000;
  const looks = waitedCalls * looksIn((seconds * tasks) / calls);
  const slotReads = (waitedCalls * Math.ceil(config.waiters / SLOTS_OF_ITEM)) / 2;
  const { requestLine, access } = COST_ASSUMPTIONS.logBytes;
  const bytes = routineBytes(config, requestLine) + (config.accessLogs ? access : 0);
  return linesOf([
    ['API requests of waits', calls, LIST_PRICES.apiRequests / MILLION],
    ['waiter invocations', calls, LIST_PRICES.invocations / MILLION],
    ['waiter GB-seconds', (calls * secondsOfCall * WAITER_MEMORY_MB) / 1024, LIST_PRICES.gigabyteSecond],
    ['DynamoDB read units of waits', calls + looks / 2 + tasks + slotReads, LIST_PRICES.readUnits / MILLION],
    ['DynamoDB write units of waits', waitedCalls * SLOT_WRITES, LIST_PRICES.writeUnits / MILLION],
    ['log GB of waits', (calls * bytes) / GIGABYTE, LIST_PRICES.loggedGigabyte],
  ]);
}

/** Returns how often a task is looked at that ends after so long. */
function looksIn(seconds: number): number {
  let looks = 0;
  for (let waited = 0; waited < seconds * 1000; waited += pauseBefore(looks++));
  return looks;
}
