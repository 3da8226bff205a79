import {
  MAX_REQUEST_MESSAGES,
  RESOURCE_CLASS_SPECS,
  type ResourceClass,
  ROUTER_MEMORY_MB,
} from '../../functions/contract.ts';
import { costOf } from './call-costs.ts';
import { LONG_POLL_SECONDS, POLLERS_AT_FIRST } from './documented-limits.ts';
import { LIST_PRICES } from './list-prices.ts';

/** What nobody documents and we have not measured on AWS: each can be seen in the bill, and is shown with the plan. */
export const COST_ASSUMPTIONS = {
  /** Of the router for one submit, and what each further task of it adds. */
  routerMilliseconds: 20,
  routerMillisecondsPerTask: 1,
  /** Lambda's own lines and ours, of one invocation. */
  logBytesPerInvocation: 1_200,
  /** Lambda traces a request each second, and 5 % of the others. */
  tracedShare: 0.05,
  /** A finished row with its entries in indexes, and what DynamoDB adds to each. */
  storedBytesPerTask: 1_300,
} as const;

/** What has to be paid for, in numbers. */
export type Usage = {
  readonly resourceClass: ResourceClass;
  /** Tasks that were accepted, and the requests that submitted them or were refused. */
  readonly tasks: number;
  readonly requests: number;
  /** Tasks of one submit. */
  readonly bulk: number;
  /** Tasks that invocations had no time to begin, and sent to their lane again. */
  readonly sentBack: number;
  readonly invocations: number;
  readonly busySeconds: number;
  /** Told to the event bus. */
  readonly events: number;
  readonly retentionDays: number;
};

export type CostLine = { readonly what: string; readonly quantity: number; readonly dollars: number };

const MILLION = 1_000_000;
const GIGABYTE = 1e9;
const DAYS_PER_MONTH = 365 / 12;
const MONTH_SECONDS = DAYS_PER_MONTH * 86_400;

/** Tasks of which one bulk submit makes one request to SQS. */
const BULK_OF_COSTS = 100;

const linesOf = (rows: readonly (readonly [what: string, quantity: number, dollarsEach: number])[]): CostLine[] =>
  rows.map(([what, quantity, dollarsEach]) => ({ what, quantity, dollars: quantity * dollarsEach }));

/** What the platform takes for the usage. */
export function platformCosts(usage: Usage): CostLine[] {
  const { tasks, requests, bulk, sentBack, invocations, events, retentionDays } = usage;
  const submit = costOf('submit a task');
  const attempt = costOf('claim and settle');
  const sends = Math.ceil((bulk * costOf('submit 100 small tasks at once').sqs) / BULK_OF_COSTS) * (tasks / bulk);
  const routerSeconds =
    (requests * (COST_ASSUMPTIONS.routerMilliseconds + (bulk - 1) * COST_ASSUMPTIONS.routerMillisecondsPerTask)) / 1000;
  const logged = ((requests + invocations) * COST_ASSUMPTIONS.logBytesPerInvocation) / GIGABYTE;
  const stored = (tasks * COST_ASSUMPTIONS.storedBytesPerTask * (retentionDays / DAYS_PER_MONTH)) / GIGABYTE;
  return linesOf([
    ['API requests', requests, LIST_PRICES.apiRequests / MILLION],
    ['router invocations', requests, LIST_PRICES.invocations / MILLION],
    ['router GB-seconds', (routerSeconds * ROUTER_MEMORY_MB) / 1024, LIST_PRICES.gigabyteSecond],
    [
      'SQS sends',
      sends + sentBack / MAX_REQUEST_MESSAGES,
      (LIST_PRICES.queueRequests + LIST_PRICES.fairQueueRequests) / MILLION,
    ],
    // Each invocation is a receive, a change of visibility and a delete, of a batch.
    ['SQS receives, holds, deletes', 3 * invocations, LIST_PRICES.queueRequests / MILLION],
    ['executor invocations', invocations, LIST_PRICES.invocations / MILLION],
    ['DynamoDB write units', tasks * (submit.writes + attempt.writes), LIST_PRICES.writeUnits / MILLION],
    ['DynamoDB read units', tasks * (submit.reads + attempt.reads), LIST_PRICES.readUnits / MILLION],
    [`DynamoDB GB-months (${retentionDays} days)`, stored, LIST_PRICES.storedGigabyteMonth],
    ['X-Ray traces', requests * COST_ASSUMPTIONS.tracedShare, LIST_PRICES.traces / MILLION],
    ['log GB', logged, LIST_PRICES.loggedGigabyte],
    ['task events, which can be turned off', events, LIST_PRICES.events / MILLION],
  ]).filter(({ quantity }) => quantity > 0);
}

/** What the executors' time takes: the handlers', and the little that claims and settles add. */
export function computeCosts({ resourceClass, busySeconds }: Usage): CostLine[] {
  const gigabyteSeconds = (busySeconds * RESOURCE_CLASS_SPECS[resourceClass].memoryMb) / 1024;
  return linesOf([['executor GB-seconds', gigabyteSeconds, LIST_PRICES.gigabyteSecond]]);
}

/** What a month takes where nothing happens: event sources ask their queues all the time. */
export function idleMonthCosts(idleLanes: number): CostLine[] {
  const polls = (idleLanes * POLLERS_AT_FIRST * MONTH_SECONDS) / LONG_POLL_SECONDS;
  return linesOf([[`polls of ${idleLanes} idle lanes`, polls, LIST_PRICES.queueRequests / MILLION]]);
}

export const totalOf = (lines: readonly CostLine[]): number => lines.reduce((sum, { dollars }) => sum + dollars, 0);

/** Of a month that goes on at so many tasks a second. */
export const tasksOfMonth = (tasksPerSecond: number): number => tasksPerSecond * MONTH_SECONDS;
