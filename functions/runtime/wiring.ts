import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { bulkActionStarter } from '../adapters/bulk-action-starter.ts';
import { DynamoAccessStore } from '../adapters/dynamo/access-store.ts';
import {
  DynamoLaneLoads,
  DynamoLaneSnapshot,
  DynamoRateBuckets,
  DynamoWaiterSlots,
} from '../adapters/dynamo/control-table.ts';
import { DynamoDueTasks } from '../adapters/dynamo/due-tasks.ts';
import { DynamoFanOuts } from '../adapters/dynamo/fan-outs.ts';
import { DynamoAttemptStore } from '../adapters/dynamo/history/attempt-store.ts';
import { DynamoAuditStore } from '../adapters/dynamo/history/audit-store.ts';
import { DynamoBulkActionStore } from '../adapters/dynamo/history/bulk-action-store.ts';
import { DynamoFormerInputs } from '../adapters/dynamo/history/former-inputs.ts';
import { DynamoTagIndex } from '../adapters/dynamo/history/tag-index.ts';
import { DynamoTaskHistory } from '../adapters/dynamo/history/task-history.ts';
import { DynamoTaskDeletions } from '../adapters/dynamo/operations/task-deletions.ts';
import { DynamoTaskRevisions } from '../adapters/dynamo/operations/task-revisions.ts';
import { DynamoScheduleStore } from '../adapters/dynamo/schedules/schedule-store.ts';
import { DynamoSettingsStore } from '../adapters/dynamo/settings-store.ts';
import { DynamoStatistics } from '../adapters/dynamo/statistics.ts';
import { DynamoTaskStore } from '../adapters/dynamo/task-store.ts';
import { DynamoSigningSecrets } from '../adapters/dynamo/webhooks/signing-secrets.ts';
import { DynamoWebhookStore } from '../adapters/dynamo/webhooks/webhook-store.ts';
import { CloudWatchExecutorLogs } from '../adapters/executor-logs.ts';
import { outboundCheck } from '../adapters/http/outbound-check.ts';
import { secretReader } from '../adapters/parameters.ts';
import { TieredPayloadStore } from '../adapters/payload-store.ts';
import { SqsDeadLetters } from '../adapters/sqs/dead-letters.ts';
import { SqsQueueDepths, SqsTaskQueue } from '../adapters/sqs/task-queue.ts';
import { systemIds } from '../adapters/system-ids.ts';
import { ENV } from '../contract.ts';
import { once } from '../core/concurrency.ts';
import type { TaskCatalog } from '../core/define-task.ts';
import type { Meter } from '../core/ports.ts';
import { NO_SLOTS } from '../core/wait/wait-for-end.ts';
import { installMessages } from '../core/zod-messages.ts';
import { dynamoClient, loadLambda, logsClient, s3Client, sqsClient } from './clients.ts';
import {
  auditStoreOptions,
  bulkRatePerSecond,
  deployedClasses,
  env,
  queueNamePrefix,
  routerSettings,
  scheduleTenant,
  secretPlaces,
  stepPrices,
  taskStoreOptions,
  waiters,
} from './env.ts';
import { hidingSecrets } from './hidden-secrets.ts';
import { log } from './log.ts';
import type { EmfMeter } from './meter.ts';
import { type Remaining, sendTraces, traced, xrayTracing } from './tracing/xray-tracing.ts';

/** Makes the statistics of tasks, and of what a tenant takes. */
const statistics = (dynamo: DynamoDBClient): DynamoStatistics =>
  new DynamoStatistics(dynamo, { tableName: env('statisticsTable'), clock: Date.now });

/** Makes the settings of task types. */
const settingsStore = (dynamo: DynamoDBClient): DynamoSettingsStore =>
  new DynamoSettingsStore(dynamo, { tableName: env('definitionsTable'), clock: Date.now, log });

export const laneSnapshot = (dynamo: DynamoDBClient): DynamoLaneSnapshot =>
  new DynamoLaneSnapshot(dynamo, env('controlTable'));

export const laneLoads = (dynamo: DynamoDBClient): DynamoLaneLoads => new DynamoLaneLoads(dynamo, env('controlTable'));

export const rateBuckets = (dynamo: DynamoDBClient): DynamoRateBuckets =>
  new DynamoRateBuckets(dynamo, env('controlTable'));

const scheduleStore = (dynamo: DynamoDBClient): DynamoScheduleStore =>
  new DynamoScheduleStore(dynamo, env('schedulesTable'), log);

export const queueDepths = (sqs: SQSClient): SqsQueueDepths => new SqsQueueDepths(sqs, env('queueUrlPrefix'));

const webhookStore = (dynamo: DynamoDBClient): DynamoWebhookStore =>
  new DynamoWebhookStore(dynamo, env('webhooksTable'));

/** Makes what knows of webhooks and of what is signed for them. */
const webhookStores = (dynamo: DynamoDBClient) => ({
  webhooks: webhookStore(dynamo),
  signingSecrets: new DynamoSigningSecrets(dynamo, env('signingSecretsTable')),
});

const bulkActionStore = (dynamo: DynamoDBClient): DynamoBulkActionStore =>
  new DynamoBulkActionStore(dynamo, env('historyTable'));

const startBulkActions = () => bulkActionStarter(once(loadLambda), env('bulkActionsFunction'));

const attemptStore = (dynamo: DynamoDBClient): DynamoAttemptStore =>
  new DynamoAttemptStore(dynamo, env('historyTable'));

/** Makes what an executor looks at beside tasks, and keeps of them; what is of webhooks is there for the one class that delivers. */
export const executorStores = (dynamo: DynamoDBClient) => ({
  loads: laneLoads(dynamo),
  usage: statistics(dynamo),
  buckets: rateBuckets(dynamo),
  attempts: attemptStore(dynamo),
  ofWebhooks: process.env[ENV.signingSecretsTable] === undefined ? undefined : webhookStores(dynamo),
});

/**
 * Makes what the router looks at beside tasks. Whoever waits is answered by the waiter; API Gateway may ask the router, too, while a
 * deployment changes over.
 */
export const routerStores = (dynamo: DynamoDBClient, sqs: SQSClient, meter: Meter) => ({
  audit: new DynamoAuditStore(dynamo, auditStoreOptions()),
  deletions: new DynamoTaskDeletions(dynamo, taskStoreOptions()),
  history: new DynamoTaskHistory(dynamo, env('historyTable')),
  revisions: new DynamoTaskRevisions(dynamo, taskStoreOptions()),
  statistics: statistics(dynamo),
  attempts: attemptStore(dynamo),
  logs: new CloudWatchExecutorLogs(async () => traced(await logsClient(meter)), queueNamePrefix()),
  schedules: scheduleStore(dynamo),
  access: new DynamoAccessStore(dynamo, env('accessTable')),
  ...webhookStores(dynamo),
  bulkActions: bulkActionStore(dynamo),
  startBulkActions: startBulkActions(),
  bulkRatePerSecond: bulkRatePerSecond(),
  checkOutbound: outboundCheck(env('outboundHosts')),
  formerInputs: new DynamoFormerInputs(dynamo, env('historyTable')),
  deadLetters: new SqsDeadLetters(sqs, env('queueUrlPrefix')),
  depths: queueDepths(sqs),
  fixedHourlyDollars: Number(env('fixedHourlyDollars')),
  slots: NO_SLOTS,
  sleep,
});

/** Makes what handlers are given beside their tasks and outgoing HTTP, whose library would be in the code of every door. */
export const handlerPorts = () => ({ secret: hidingSecrets(secretReader(secretPlaces())), tracing: xrayTracing });

/** Makes the store of inputs and outputs. */
export const payloadStore = (dynamo: DynamoDBClient, meter: Meter): TieredPayloadStore =>
  new TieredPayloadStore(dynamo, async () => traced(await s3Client(meter)), {
    ...taskStoreOptions(),
    bucket: env('payloadBucket'),
  });

/** Makes what keeps tasks and their payloads. */
function taskStores(dynamo: DynamoDBClient, meter: Meter) {
  const options = taskStoreOptions();
  return {
    store: new DynamoTaskStore(dynamo, options, log, xrayTracing),
    payloads: payloadStore(dynamo, meter),
    clock: Date.now,
    log,
    meter,
  };
}

/** Makes the ports of every door that accepts, runs or sends tasks, and gives the schemas that it asks their messages. */
export function taskPorts(dynamo: DynamoDBClient, sqs: SQSClient, meter: Meter, catalog: TaskCatalog) {
  installMessages();
  const classes = deployedClasses();
  const options = taskStoreOptions();
  return {
    ...taskStores(dynamo, meter),
    fanOuts: new DynamoFanOuts(dynamo, options),
    queue: new SqsTaskQueue(sqs, { queueUrlPrefix: env('queueUrlPrefix'), catalog, classes }),
    settings: settingsStore(dynamo),
    catalog,
    classes,
    retentionDays: options.retentionDays,
  };
}

/** Makes the ports of the door that reads single tasks, and waits for their ends. */
export function waiterPorts(dynamo: DynamoDBClient, meter: Meter) {
  installMessages();
  const slots = new DynamoWaiterSlots(dynamo, {
    tableName: env('controlTable'),
    slots: waiters(),
    random: Math.random,
  });
  return { ...taskStores(dynamo, meter), ...routerSettings(), slots, sleep };
}

/** Returns what an invocation ends with: it sends what was recorded, and writes what was counted. */
export const endOf = (door: string, meter: EmfMeter, context: Remaining) => async (): Promise<void> => {
  await sendTraces(door, meter, context);
  meter.flush();
};

/** Makes the ports of the function that counts changes and has the ends of tasks told. It knows no types of tasks: deliveries have one of ours. */
export function projectorPorts(meter: Meter) {
  const dynamo = dynamoClient();
  return {
    ...taskPorts(dynamo, sqsClient(), meter, {}),
    statistics: statistics(dynamo),
    webhooks: webhookStore(dynamo),
    tags: new DynamoTagIndex(dynamo, { ...taskStoreOptions(), historyTable: env('historyTable') }),
    prices: stepPrices(),
    queueNamePrefix: queueNamePrefix(),
  };
}

/** Makes the ports of the sweeper, which accepts the tasks of schedules, too. */
export const sweeperPorts = (dynamo: DynamoDBClient, sqs: SQSClient, meter: Meter, catalog: TaskCatalog) => ({
  ...taskPorts(dynamo, sqs, meter, catalog),
  due: new DynamoDueTasks(dynamo, taskStoreOptions(), log),
  schedules: scheduleStore(dynamo),
  scheduleTenant: scheduleTenant(),
  snapshot: laneSnapshot(dynamo),
  usage: statistics(dynamo),
  buckets: rateBuckets(dynamo),
  startBulkActions: startBulkActions(),
});

/** Makes the ports of the function that carries out bulk actions. */
export const bulkActionPorts = (dynamo: DynamoDBClient, sqs: SQSClient, meter: Meter, catalog: TaskCatalog) => ({
  ...taskPorts(dynamo, sqs, meter, catalog),
  due: new DynamoDueTasks(dynamo, taskStoreOptions(), log),
  deletions: new DynamoTaskDeletions(dynamo, taskStoreOptions()),
  history: new DynamoTaskHistory(dynamo, env('historyTable')),
  bulkActions: bulkActionStore(dynamo),
  attempts: attemptStore(dynamo),
  ids: systemIds,
  random: Math.random,
  sleep,
});
