import {
  AUTHORIZER_CACHE_SECONDS,
  CHECK_PERIOD_SECONDS,
  MAX_REQUEST_MESSAGES,
  type ResourceClass,
  ROUTER_MEMORY_MB,
  TRACED_EVERY_SECONDS,
} from '../../functions/contract.ts';
import { RENEWAL_SECONDS } from '../../functions/core/task/cost.ts';
import { classOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../../lib/config.ts';
import {
  type CostLine,
  DAYS_PER_MONTH,
  GIGABYTE,
  invocationDollars,
  linesOf,
  MILLION,
  routineBytes,
} from '../../lib/constructs/cost-lines.ts';
import { PROJECTOR_MEMORY_MB, STREAM_PACES, STREAM_WINDOW_SECONDS } from '../../lib/constructs/projector.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { INSIGHTS_LOG_BYTES, NEW_TABLE_WRITE_UNITS, PARTITION_WRITE_UNITS } from '../documented-limits.ts';
import { COST_ASSUMPTIONS, costOf } from './cost-basis.ts';
import { useOf, withTablePrices } from './table-capacity.ts';
import { type Waiting, waitCosts } from './wait-costs.ts';

/** What tasks use, in the numbers that are paid for. */
export type Usage = {
  readonly resourceClass: ResourceClass;
  /** How long it took, and so how fast it came. */
  readonly seconds: number;
  /** Tasks that were accepted, and the requests that submitted them or were refused. */
  readonly tasks: number;
  readonly requests: number;
  /** Tasks of one submit. */
  readonly bulk: number;
  /** Tasks that invocations had no time to begin, and sent to their lane again. */
  readonly sentBack: number;
  readonly invocations: number;
  /** Requests by which executors receive further tasks into their places, and delete them. */
  readonly receives: number;
  /** What the handler takes for one task. */
  readonly attemptSeconds: number;
  readonly busySeconds: number;
  /** Executor functions, lanes and tenants that the tasks are spread over. */
  readonly executors: number;
  readonly lanes: number;
  readonly tenants: number;
  /** Whether a task has ended before the functions that read the streams have gathered its submit. */
  readonly isShort: boolean;
  /** Shards of the stream of each table. */
  readonly streamShards: number;
  /** Each of them has so many tags. */
  readonly tags?: number | undefined;
  /** Those that callers wait for. */
  readonly waiting?: Waiting | undefined;
};

/** The parts stand apart, since each but the first can be turned off, or is the handlers' own. */
export type TaskCosts = {
  readonly platform: readonly CostLine[];
  readonly tracing: readonly CostLine[];
  readonly events: readonly CostLine[];
  /** What callers take who wait for their tasks. */
  readonly waiting: readonly CostLine[];
  /** What the executors' time takes: the handlers', and the little that claims and settles add. */
  readonly compute: readonly CostLine[];
};

/** `docs/costs.md` says what a bulk submit of so many tasks takes. */
const BULK_OF_COSTS = 100;

/** A tag is listed as its task comes, and taken off as it goes: `docs/costs.md` has both for two tags. */
const TAG_WRITES = (costOf('list a task by two tags').writes + costOf('take a task off two tags').writes) / 2;

/** A submit, a claim and a settlement are each a record of the stream; the events are `task.queued`, `task.running` and how it ended. */
const CHANGES_PER_TASK = 3;
const EVENTS_PER_TASK = 3;

/** A batch writes for each tenant its minute of a type, of up to 2 KB, and what it has open. */
const STATISTICS_WRITE_UNITS = 3;

/** What an executor works on is hidden again this often. */
const HOLD_SECONDS = 7;

/** While they work, the router's environments look at the lanes again, and executors tell their load, this often. */
const LOOK_SECONDS = 5;

/** Returns what tasks cost in a deployment. */
export function taskCosts(usage: Usage, config: DeployConfig): TaskCosts {
  const { resourceClass, busySeconds } = usage;
  const traces = config.tracing === false ? 0 : tracesOf(usage, config.tracing.share);
  const gigabyteSeconds = (busySeconds * classOf(config.classes, resourceClass).memoryMb) / 1024;
  return {
    platform: withTablePrices(platformCosts(usage, config), useOf(config)),
    tracing: linesOf([['X-Ray traces', traces, LIST_PRICES.traces / MILLION]]),
    events: config.taskEvents ? eventCosts(usage, config) : [],
    waiting: usage.waiting === undefined ? [] : waitCosts(usage.waiting, config),
    compute: linesOf([['executor GB-seconds', gigabyteSeconds, LIST_PRICES.gigabyteSecond]]),
  };
}

function platformCosts(usage: Usage, config: DeployConfig): CostLine[] {
  const { tasks, requests, bulk, sentBack, invocations, receives, busySeconds, seconds, lanes, tenants } = usage;
  const { logBytes } = COST_ASSUMPTIONS;
  const holds = Math.floor(busySeconds / Math.max(1, invocations) / HOLD_SECONDS) * invocations;
  const timesBefore = (periodSeconds: number): number =>
    Math.max(0, Math.ceil(usage.attemptSeconds / periodSeconds) - 1);
  const renewals = timesBefore(RENEWAL_SECONDS);
  const submit = costOf('submit a task');
  const attempt = costOf('claim and settle');
  const sends = Math.ceil((bulk * costOf('submit 100 small tasks at once').sqs) / BULK_OF_COSTS) * (tasks / bulk);
  const routerSeconds = routerSecondsOf(usage);
  const looks = Math.min(requests, Math.max(seconds, routerSeconds) / LOOK_SECONDS);
  const tellings = Math.min(invocations, busySeconds / LOOK_SECONDS);
  const stored = (tasks * COST_ASSUMPTIONS.storedBytesPerTask * (config.retentionDays / DAYS_PER_MONTH)) / GIGABYTE;
  const authorized =
    config.jwt === undefined ? Math.min(requests, tenants * Math.ceil(seconds / AUTHORIZER_CACHE_SECONDS)) : 0;
  const counted = streamBatches(changesOf(usage), config.tableShards * usage.streamShards, STREAM_PACES.statistics);
  const tenantsOfBatch = Math.min(tenants, Math.max(1, tasks / counted));
  return linesOf([
    ['API requests', requests, LIST_PRICES.apiRequests / MILLION],
    ['router invocations', requests, LIST_PRICES.invocations / MILLION],
    ['router GB-seconds', (routerSeconds * ROUTER_MEMORY_MB) / 1024, LIST_PRICES.gigabyteSecond],
    ['calls of the authorizer', authorized, readerDollars(config) + LIST_PRICES.readUnits / 2 / MILLION],
    [
      'SQS sends',
      sends + sentBack / MAX_REQUEST_MESSAGES,
      (LIST_PRICES.queueRequests + LIST_PRICES.fairQueueRequests) / MILLION,
    ],
    // Each invocation is a receive, a change of visibility and a delete, of a batch.
    ['SQS receives, holds, deletes', 3 * invocations + receives + holds, LIST_PRICES.queueRequests / MILLION],
    ['SQS depths asked for', looks * lanes, LIST_PRICES.queueRequests / MILLION],
    ['executor invocations', invocations, LIST_PRICES.invocations / MILLION],
    ['DynamoDB write units', tasks * (submit.writes + attempt.writes), LIST_PRICES.writeUnits / MILLION],
    ['DynamoDB write units of tags', tasks * (usage.tags ?? 0) * TAG_WRITES, LIST_PRICES.writeUnits / MILLION],
    ['DynamoDB write units of leases', renewals * tasks, LIST_PRICES.writeUnits / MILLION],
    ['DynamoDB write units of loads', tellings, LIST_PRICES.writeUnits / MILLION],
    [
      'DynamoDB read units',
      tasks * (submit.reads + attempt.reads + (timesBefore(CHECK_PERIOD_SECONDS) - renewals) / 2) +
        looks +
        tellings / 2,
      LIST_PRICES.readUnits / MILLION,
    ],
    [`DynamoDB GB-months (${config.retentionDays} days)`, stored, LIST_PRICES.storedGigabyteMonth],
    [
      'batches of statistics',
      counted,
      readerDollars(config) +
        (tenantsOfBatch * STATISTICS_WRITE_UNITS * LIST_PRICES.writeUnits) / MILLION +
        ((logBytes.batch + (logBytes.task * tasks) / counted) / GIGABYTE) * LIST_PRICES.loggedGigabyte,
    ],
    ['log GB', loggedBytes(usage, config) / GIGABYTE, LIST_PRICES.loggedGigabyte],
  ]);
}

function eventCosts(usage: Usage, config: DeployConfig): CostLine[] {
  const told = streamBatches(changesOf(usage), config.tableShards * usage.streamShards, STREAM_PACES.events);
  return linesOf([
    ['task events', usage.tasks * EVENTS_PER_TASK, LIST_PRICES.events / MILLION],
    ['batches of task events', told, readerDollars(config)],
  ]);
}

/** Short tasks are written within a moment from submit to end; of others an attempt begins and ends apart. */
const changesOf = ({ tasks, requests, invocations, isShort, seconds }: Usage): Changes => ({
  records: tasks * CHANGES_PER_TASK,
  moments: isShort ? Math.max(requests, invocations) : requests + 2 * invocations,
  seconds,
});

function loggedBytes({ tasks, requests, invocations }: Usage, config: DeployConfig): number {
  const { submit, requestLine, invocation, attemptLine, access } = COST_ASSUMPTIONS.logBytes;
  const { lambdaInsights, accessLogs, routineLogs } = config;
  const byLambda = routineBytes(config) + (lambdaInsights ? INSIGHTS_LOG_BYTES : 0);
  const ofRequest = byLambda + submit + (routineLogs ? requestLine : 0) + (accessLogs ? access : 0);
  return requests * ofRequest + invocations * (byLambda + invocation) + (routineLogs ? tasks * attemptLine : 0);
}

/** Returns what one call costs of a function that reads a stream, or of the authorizer. */
function readerDollars(config: DeployConfig): number {
  const { readerMilliseconds, logBytes } = COST_ASSUMPTIONS;
  return invocationDollars(PROJECTOR_MEMORY_MB, readerMilliseconds, routineBytes(config, logBytes.short));
}

/** What is written to the task tables: records of their streams, and at how many moments they come. */
export type Changes = { readonly records: number; readonly moments: number; readonly seconds: number };

/** Each partition of a table has a shard of its stream; a new table takes as many units as four of them. */
export const NEW_TABLE_STREAM_SHARDS = NEW_TABLE_WRITE_UNITS / PARTITION_WRITE_UNITS;

/**
 * Returns how often a function is called that reads so many shards of streams. A batch is what comes within a window of its first
 * record, or as many records as it may have.
 */
export function streamBatches(
  { records, moments, seconds }: Changes,
  shards: number,
  { batchSize, parallelizationFactor }: (typeof STREAM_PACES)[keyof typeof STREAM_PACES],
): number {
  const readers = shards * parallelizationFactor;
  const momentsPerSecond = moments / seconds / readers;
  const inTime = momentsPerSecond / (1 + momentsPerSecond * STREAM_WINDOW_SECONDS);
  return Math.max(records / batchSize, seconds * readers * inTime);
}

/** Returns how long the router works for so many requests. */
const routerSecondsOf = ({ requests, bulk }: Usage): number =>
  (requests * (COST_ASSUMPTIONS.routerMilliseconds + (bulk - 1) * COST_ASSUMPTIONS.routerMillisecondsPerTask)) / 1000;

/**
 * Returns how many requests are traced: a share of all, and of the others the first of some seconds in each environment of the router.
 * Beside those at work there is one that has just been, or will be.
 */
export function tracesOf(usage: Usage, share: number): number {
  const { requests, seconds } = usage;
  const environments = 1 + routerSecondsOf(usage) / seconds;
  const perSecond = requests / seconds / environments;
  const firsts = seconds * environments * (perSecond / (1 + perSecond * TRACED_EVERY_SECONDS));
  return firsts + (requests - firsts) * share;
}
