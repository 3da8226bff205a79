import { ROUTER_MEMORY_MB } from '../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../../lib/config.ts';
import {
  DAYS_PER_MONTH,
  GIGABYTE,
  invocationDollars,
  linesOf,
  MILLION,
  routineBytes,
} from '../../lib/constructs/cost-lines.ts';
import { PROJECTOR_MEMORY_MB } from '../../lib/constructs/projector.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { COST_ASSUMPTIONS } from '../../planner/costs/cost-basis.ts';
import type { TaskCosts } from '../../planner/costs/task-costs.ts';
import { sumOf, type WireUsage } from './usage.ts';

/** What was counted, and the number of tasks that one submit had. */
export type Metered = { readonly usage: WireUsage; readonly bulk: number };

const ROUTER = 'millrace-router';
const EXECUTORS = 'millrace-executor-';
const AUTHORIZER = 'millrace-authorizer';
const STATISTICS = 'millrace-projector';
const EVENTS = 'millrace-events';
const EVENT_SOURCES = 'event sources';
const TRACES = 'X-Ray';
/** CloudFormation names tables by their stack and their construct. */
const TASK_TABLES = 'millrace-data-Tasks';

/**
 * Prices what was counted, in the planner's lines. Counted is all but times: of a function's time, and of Lambda's own two lines of the
 * log, the planner's assumption is taken, since this machine has another CPU and the local cloud writes other lines.
 */
export function wireCosts({ usage, bulk }: Metered, config: DeployConfig): TaskCosts {
  const ofDoors = (what: string): number => sumOf(usage, ROUTER, what) + sumOf(usage, EXECUTORS, what);
  const requests = sumOf(usage, ROUTER, 'invocations');
  const invocations = sumOf(usage, EXECUTORS, 'invocations');
  const { routerMilliseconds, routerMillisecondsPerTask, attemptMilliseconds } = COST_ASSUMPTIONS;
  const routerSeconds = (requests * (routerMilliseconds + (bulk - 1) * routerMillisecondsPerTask)) / 1000;
  const executorSeconds = (invocations * attemptMilliseconds) / 1000;
  const sends = ofDoors('SQS requests of SendMessage');
  const fair = ofDoors('SQS fair requests');
  const depths = sumOf(usage, ROUTER, 'SQS requests of GetQueueAttributes');
  const ofSources = sumOf(usage, EVENT_SOURCES, 'SQS requests');
  const tasksUnits = ofDoors(`write units of ${TASK_TABLES}`) + ofDoors('write units of refused');
  const otherUnits = ofDoors('write units') - tasksUnits;
  const logged = ofDoors('log bytes') + (requests + invocations) * routineBytes(config);
  const months = config.retentionDays / DAYS_PER_MONTH;
  return {
    platform: linesOf([
      ['API requests', sumOf(usage, 'api', 'API requests'), LIST_PRICES.apiRequests / MILLION],
      ['router invocations', requests, LIST_PRICES.invocations / MILLION],
      ['router GB-seconds', (routerSeconds * ROUTER_MEMORY_MB) / 1024, LIST_PRICES.gigabyteSecond],
      ['calls of the authorizer', ...readerLine(usage, AUTHORIZER, config)],
      ['SQS sends', sends, (LIST_PRICES.queueRequests + (fair / sends) * LIST_PRICES.fairQueueRequests) / MILLION],
      [
        'SQS receives, holds, deletes',
        ofSources + ofDoors('SQS requests') - sends - depths,
        LIST_PRICES.queueRequests / MILLION,
      ],
      ['SQS depths asked for', depths, LIST_PRICES.queueRequests / MILLION],
      ['executor invocations', invocations, LIST_PRICES.invocations / MILLION],
      ['DynamoDB write units', tasksUnits, LIST_PRICES.writeUnits / MILLION],
      ['DynamoDB write units of loads', otherUnits, LIST_PRICES.writeUnits / MILLION],
      ['DynamoDB read units', ofDoors('read units'), LIST_PRICES.readUnits / MILLION],
      [
        `DynamoDB GB-months (${config.retentionDays} days)`,
        (storedBytes(usage) * months) / GIGABYTE,
        LIST_PRICES.storedGigabyteMonth,
      ],
      ['batches of statistics', ...readerLine(usage, STATISTICS, config)],
      ['log GB', logged / GIGABYTE, LIST_PRICES.loggedGigabyte],
    ]),
    tracing: linesOf([['X-Ray traces', sumOf(usage, TRACES, 'traces'), LIST_PRICES.traces / MILLION]]),
    events: linesOf([
      ['task events', sumOf(usage, EVENTS, 'events'), LIST_PRICES.events / MILLION],
      ['batches of task events', ...readerLine(usage, EVENTS, config)],
    ]),
    waiting: [],
    compute: linesOf([
      [
        'executor GB-seconds',
        (executorSeconds * RESOURCE_CLASS_SPECS.default.memoryMb) / 1024,
        LIST_PRICES.gigabyteSecond,
      ],
    ]),
  };
}

/** Returns how often a reader of a stream, or the authorizer, was called, and what each call cost with its writes and lines. */
function readerLine(usage: WireUsage, name: string, config: DeployConfig): [calls: number, dollarsEach: number] {
  const calls = sumOf(usage, name, 'invocations');
  if (calls === 0) return [0, 0];
  const bytes = routineBytes(config) + sumOf(usage, name, 'log bytes') / calls;
  const units =
    sumOf(usage, name, 'write units') * LIST_PRICES.writeUnits +
    sumOf(usage, name, 'read units') * LIST_PRICES.readUnits;
  const dollars = invocationDollars(PROJECTOR_MEMORY_MB, COST_ASSUMPTIONS.readerMilliseconds, bytes);
  return [calls, dollars + units / MILLION / calls];
}

const storedBytes = ({ stored }: WireUsage): number =>
  Object.entries(stored).reduce((sum, [name, { bytes }]) => sum + (name.startsWith(TASK_TABLES) ? bytes : 0), 0);
