import { outboundCheck } from '../../functions/adapters/http/outbound-check.ts';
import { NO_LAG } from '../../functions/adapters/memory/lagging-index.ts';
import { MemoryAttemptStore } from '../../functions/adapters/memory/memory-attempts.ts';
import { MemoryAuditStore } from '../../functions/adapters/memory/memory-audit-store.ts';
import { MemoryBulkActions } from '../../functions/adapters/memory/memory-bulk-actions.ts';
import { MemoryFanOuts } from '../../functions/adapters/memory/memory-fan-outs.ts';
import { MemoryFormerInputs } from '../../functions/adapters/memory/memory-former-inputs.ts';
import { MemoryPayloadStore } from '../../functions/adapters/memory/memory-payload-store.ts';
import { MemoryScheduleStore } from '../../functions/adapters/memory/memory-schedule-store.ts';
import { MemoryTaskDeletions } from '../../functions/adapters/memory/memory-task-deletions.ts';
import { MemoryTaskHistory } from '../../functions/adapters/memory/memory-task-history.ts';
import { MemoryTaskRevisions } from '../../functions/adapters/memory/memory-task-revisions.ts';
import { MemoryTaskStore } from '../../functions/adapters/memory/memory-task-store.ts';
import { MemorySigningSecrets, MemoryWebhookStore } from '../../functions/adapters/memory/memory-webhooks.ts';
import type { FirePorts } from '../../functions/control/fire-schedules.ts';
import type { TaskCatalog, TaskDefinition } from '../../functions/core/define-task.ts';
import type { FillTimes } from '../../functions/core/lane/filling.ts';
import type { Log, Meter, Tracing } from '../../functions/core/ports.ts';
import type { LeaseToken } from '../../functions/core/task/ids.ts';
import { callHandler } from '../../functions/executor/attempt/run-handler.ts';
import type { InvocationPorts } from '../../functions/executor/handle-batch.ts';
import { recordMetrics } from '../../functions/projector/record-metrics.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import type { RouterPorts } from '../../functions/router/route.ts';
import { LaneGate } from '../../functions/router/submit/lane-gate.ts';
import { TenantGate } from '../../functions/router/submit/tenant-gate.ts';
import { TraceSampler } from '../../functions/router/trace-sampler.ts';
import { MemoryAccessStore } from './memory-access-store.ts';
import { MemoryDeadLetters } from './memory-dead-letters.ts';
import { MemoryExecutorLogs } from './memory-executor-logs.ts';
import { MemoryLanes } from './memory-lanes.ts';
import { MemoryRateBuckets } from './memory-rate-buckets.ts';
import { MemorySettingsStore } from './memory-settings-store.ts';
import { MemoryStatistics } from './memory-statistics.ts';
import { MemoryTaskQueue } from './memory-task-queue.ts';
import { MemoryWaiterSlots } from './memory-waiter-slots.ts';

const TRACE = 'Root=1-6b04c28d-e8be8acc27b5c47405b6f5a2;Parent=53995c3f42cd8ad8;Sampled=1';

/** Makes everything around the doors in memory, with time and chance in the hands of the test. */
export function createWorld(definitions: readonly TaskDefinition[] = [], { lag = NO_LAG } = {}) {
  const world = { now: Date.UTC(2026, 0, 1), random: 0.5, openTasks: 0, startedBulkActions: 0 };
  const lanes = new MemoryLanes();
  const buckets = new MemoryRateBuckets();
  const clock = () => world.now;
  const store = new MemoryTaskStore({ lag });
  const settings = new MemorySettingsStore();
  const payloads = new MemoryPayloadStore();
  const [attempts, formerInputs] = [new MemoryAttemptStore(), new MemoryFormerInputs()];
  const usage = { openTasks: async () => world.openTasks };
  const logged: { readonly event: string; readonly [field: string]: unknown }[] = [];
  const recorded: { readonly of: string; readonly metric: string; readonly value: number }[] = [];
  const annotated: Record<string, string>[] = [];
  let ids = 0;
  const log: Log = (level, event, fields) => logged.push({ level, event, ...fields });
  const meter: Meter = { record: (of, metric, value) => recorded.push({ of, metric, value }) };
  // Every write is a change of a row, and the stream brings it to the projector.
  store.watch = (before, after) => {
    const change = { id: '', at: world.now, before, after, usage: { submittedTogether: 1, writeUnits: 1 } };
    void recordMetrics([change], { meter, settings });
  };
  const tracing: Tracing = {
    header: () => TRACE,
    isRecording: () => false,
    call: (_name, work) => work(),
    apart: (work) => work(),
    segment: (_name, _trace, annotations, work) => {
      const segment = { ...annotations };
      annotated.push(segment);
      return work((more) => Object.assign(segment, more));
    },
  };
  const catalog: TaskCatalog = Object.fromEntries(
    definitions.map((definition) => [definition.type, async () => definition]),
  );
  const queue = new MemoryTaskQueue(clock, catalog);
  const ports: Omit<InvocationPorts, 'fillTimes'> & { fillTimes?: FillTimes } & RouterPorts & {
      access: MemoryAccessStore;
      deadLetters: MemoryDeadLetters;
      store: MemoryTaskStore;
      attempts: MemoryAttemptStore;
      logs: MemoryExecutorLogs;
      deliveries: MemoryTaskQueue;
      bulkActions: MemoryBulkActions;
    } & Pick<FirePorts, 'snapshot' | 'usage' | 'buckets' | 'schedules'> = {
    store,
    deletions: new MemoryTaskDeletions(store),
    history: new MemoryTaskHistory([attempts, formerInputs]),
    revisions: new MemoryTaskRevisions(store),
    attempts,
    logs: new MemoryExecutorLogs(),
    fanOuts: new MemoryFanOuts(store),
    formerInputs,
    queue,
    deliveries: queue,
    payloads,
    loadReporter: { record: () => {} },
    lanes: new LaneGate({ snapshot: lanes.snapshot, depths: lanes.depths, classes: RESOURCE_CLASS_SPECS, clock, log }),
    depths: lanes.depths,
    slots: new MemoryWaiterSlots(2),
    tenants: new TenantGate({ buckets, usage, clock, log }),
    secret: async (name) => `the secret ${name}`,
    usage,
    buckets,
    settings,
    statistics: new MemoryStatistics(),
    schedules: new MemoryScheduleStore({ lag }),
    audit: new MemoryAuditStore(),
    access: new MemoryAccessStore(),
    bulkActions: new MemoryBulkActions(),
    startBulkActions: async () => {
      world.startedBulkActions++;
    },
    bulkRatePerSecond: 200,
    webhooks: new MemoryWebhookStore(),
    signingSecrets: new MemorySigningSecrets(),
    checkOutbound: outboundCheck('*.example,127.0.0.1'),
    snapshot: lanes.snapshot,
    deadLetters: new MemoryDeadLetters(clock),
    retentionDays: 14,
    tableShards: 1,
    classes: RESOURCE_CLASS_SPECS,
    fixedHourlyDollars: 0.05,
    tenantClaim: undefined,
    tenantLimits: {},
    catalog,
    clock,
    sleep: async (milliseconds) => {
      world.now += milliseconds;
    },
    random: () => world.random,
    ids: {
      unique: () => String(++ids).padStart(26, '0'),
      leaseToken: () => `lease-${++ids}` as LeaseToken,
      signingKey: () => Buffer.from(`a key of the test, number ${++ids}`).toString('base64'),
    },
    http: { of: () => ({ request: () => Promise.reject(new Error('no test of this world calls out')) }) },
    isolate: callHandler,
    queueNamePrefix: 'millrace-',
    meter,
    tracing,
    sampler: new TraceSampler({ share: 1, clock, random: () => world.random }),
    functionName: 'millrace-router',
    log,
  };
  return Object.assign(world, {
    ports,
    queue,
    payloads,
    lanes,
    buckets,
    logged,
    recorded,
    annotated,
    advance: (seconds: number): void => {
      world.now += seconds * 1000;
    },
  });
}

export type World = ReturnType<typeof createWorld>;
