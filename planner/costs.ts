import {
  AUTHORIZER_CACHE_SECONDS,
  MAX_REQUEST_MESSAGES,
  RESOURCE_CLASS_SPECS,
  type ResourceClass,
  ROUTER_MEMORY_MB,
} from '../functions/contract.ts';
import type { DeployConfig } from '../lib/config.ts';
import { PROJECTOR_MEMORY_MB, STREAM_PACES } from '../lib/constructs/projector.ts';
import { LIST_PRICES } from '../lib/list-prices.ts';
import { costOf } from './call-costs.ts';
import { COST_ASSUMPTIONS } from './cost-assumptions.ts';
import { type CostLine, DAYS_PER_MONTH, GIGABYTE, invocationDollars, linesOf, MILLION } from './cost-line.ts';
import { INSIGHTS_LOG_BYTES } from './documented-limits.ts';
import { type Changes, streamBatches } from './stream-batches.ts';
import { tracesOf } from './traces.ts';

/** What has to be paid for, in numbers. */
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
  readonly busySeconds: number;
  /** Executor functions, lanes and tenants that the tasks are spread over. */
  readonly executors: number;
  readonly lanes: number;
  readonly tenants: number;
  /** Whether a task has ended before the functions that read the streams have gathered its submit. */
  readonly isShort: boolean;
};

/** Apart from each other, since each but the first can be turned off, or is the handlers' own. */
export type TaskCosts = {
  readonly platform: readonly CostLine[];
  readonly tracing: readonly CostLine[];
  readonly events: readonly CostLine[];
  /** What the executors' time takes: the handlers', and the little that claims and settles add. */
  readonly compute: readonly CostLine[];
};

/** Tasks of which one bulk submit makes one request to SQS. */
const BULK_OF_COSTS = 100;

/** A submit, a claim and a settlement, each a record of the stream; and `task.queued`, `task.running` and how it ended. */
const CHANGES_PER_TASK = 3;
const EVENTS_PER_TASK = 3;

/** Of one batch and tenant: its minute of a type, of up to 2 KB, and what it has open. */
const STATISTICS_WRITE_UNITS = 3;

/** What environments of the router and the executors look at again, or tell, while they work. */
const LOOK_SECONDS = 5;

/** What tasks take of a deployment. */
export function taskCosts(usage: Usage, config: DeployConfig): TaskCosts {
  const { resourceClass, seconds, requests, invocations, busySeconds, executors } = usage;
  const traces = config.tracing
    ? tracesOf(requests, seconds) + executors * tracesOf(invocations / executors, seconds)
    : 0;
  const gigabyteSeconds = (busySeconds * RESOURCE_CLASS_SPECS[resourceClass].memoryMb) / 1024;
  return {
    platform: platformCosts(usage, config),
    tracing: linesOf([['X-Ray traces', traces, LIST_PRICES.traces / MILLION]]),
    events: config.taskEvents ? eventCosts(usage, config) : [],
    compute: linesOf([['executor GB-seconds', gigabyteSeconds, LIST_PRICES.gigabyteSecond]]),
  };
}

function platformCosts(usage: Usage, config: DeployConfig): CostLine[] {
  const { tasks, requests, bulk, sentBack, invocations, busySeconds, seconds, lanes, tenants } = usage;
  const submit = costOf('submit a task');
  const attempt = costOf('claim and settle');
  const sends = Math.ceil((bulk * costOf('submit 100 small tasks at once').sqs) / BULK_OF_COSTS) * (tasks / bulk);
  const routerSeconds =
    (requests * (COST_ASSUMPTIONS.routerMilliseconds + (bulk - 1) * COST_ASSUMPTIONS.routerMillisecondsPerTask)) / 1000;
  const looks = Math.min(requests, Math.max(seconds, routerSeconds) / LOOK_SECONDS);
  const tellings = Math.min(invocations, busySeconds / LOOK_SECONDS);
  const stored = (tasks * COST_ASSUMPTIONS.storedBytesPerTask * (config.retentionDays / DAYS_PER_MONTH)) / GIGABYTE;
  const authorized =
    config.jwt === undefined ? Math.min(requests, tenants * Math.ceil(seconds / AUTHORIZER_CACHE_SECONDS)) : 0;
  const counted = streamBatches(changesOf(usage), config.tableShards, STREAM_PACES.statistics);
  const tenantsOfBatch = Math.min(tenants, Math.max(1, tasks / counted));
  return linesOf([
    ['API requests', requests, LIST_PRICES.apiRequests / MILLION],
    ['router invocations', requests, LIST_PRICES.invocations / MILLION],
    ['router GB-seconds', (routerSeconds * ROUTER_MEMORY_MB) / 1024, LIST_PRICES.gigabyteSecond],
    ['calls of the authorizer', authorized, readerDollars() + LIST_PRICES.readUnits / 2 / MILLION],
    [
      'SQS sends',
      sends + sentBack / MAX_REQUEST_MESSAGES,
      (LIST_PRICES.queueRequests + LIST_PRICES.fairQueueRequests) / MILLION,
    ],
    // Each invocation is a receive, a change of visibility and a delete, of a batch.
    ['SQS receives, holds, deletes', 3 * invocations, LIST_PRICES.queueRequests / MILLION],
    ['SQS depths asked for', looks * lanes, LIST_PRICES.queueRequests / MILLION],
    ['executor invocations', invocations, LIST_PRICES.invocations / MILLION],
    ['DynamoDB write units', tasks * (submit.writes + attempt.writes), LIST_PRICES.writeUnits / MILLION],
    ['DynamoDB write units of loads', tellings, LIST_PRICES.writeUnits / MILLION],
    [
      'DynamoDB read units',
      tasks * (submit.reads + attempt.reads) + looks + tellings / 2,
      LIST_PRICES.readUnits / MILLION,
    ],
    [`DynamoDB GB-months (${config.retentionDays} days)`, stored, LIST_PRICES.storedGigabyteMonth],
    [
      'batches of statistics',
      counted,
      readerDollars() + (tenantsOfBatch * STATISTICS_WRITE_UNITS * LIST_PRICES.writeUnits) / MILLION,
    ],
    ['log GB', loggedBytes(usage, config) / GIGABYTE, LIST_PRICES.loggedGigabyte],
  ]);
}

function eventCosts(usage: Usage, { tableShards }: DeployConfig): CostLine[] {
  const told = streamBatches(changesOf(usage), tableShards, STREAM_PACES.events);
  return linesOf([
    ['task events', usage.tasks * EVENTS_PER_TASK, LIST_PRICES.events / MILLION],
    ['batches of task events', told, readerDollars()],
  ]);
}

/** Short tasks are written within a moment from submit to end; of others an attempt begins and ends apart. */
const changesOf = ({ tasks, requests, invocations, isShort, seconds }: Usage): Changes => ({
  records: tasks * CHANGES_PER_TASK,
  moments: isShort ? Math.max(requests, invocations) : requests + 2 * invocations,
  seconds,
});

function loggedBytes({ tasks, requests, invocations }: Usage, { lambdaInsights, accessLogs }: DeployConfig): number {
  const { platform, submit, invocation, attempt, access } = COST_ASSUMPTIONS.logBytes;
  const byLambda = platform + (lambdaInsights ? INSIGHTS_LOG_BYTES : 0);
  const ofRequest = byLambda + submit + (accessLogs ? access : 0);
  return requests * ofRequest + invocations * (byLambda + invocation) + tasks * attempt;
}

/** One call of a function that reads a stream, or of the authorizer. */
function readerDollars(): number {
  const { platform, short } = COST_ASSUMPTIONS.logBytes;
  return invocationDollars(PROJECTOR_MEMORY_MB, COST_ASSUMPTIONS.readerMilliseconds, platform + short);
}
