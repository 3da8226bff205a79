import fc from 'fast-check';
import { executorKeyOf, LANE_KINDS, PRIORITIES, RESOURCE_CLASSES } from '../../functions/contract.ts';
import type { JsonValue } from '../../functions/core/json.ts';
import { scheduleIdOf } from '../../functions/core/schedule/schedule.ts';
import { type LeaseToken, taskIdOf } from '../../functions/core/task/ids.ts';
import type { Payload } from '../../functions/core/task/payload.ts';
import type { Task, TaskError, TaskSeed } from '../../functions/core/task/task.ts';
import { tenant } from './task-seed.ts';

const text = (maxLength: number) => fc.string({ unit: 'binary', minLength: 1, maxLength });
const characters = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const times = fc.integer({ min: 1, max: Date.UTC(2100, 0, 1) });
const count = fc.integer({ min: 1, max: 20 });

const payloadsOf = (tenantId: string): fc.Arbitrary<Payload> =>
  fc.oneof(
    // A task's input was JSON before it was a task's, so only what JSON gives back occurs (no -0).
    fc.jsonValue().map((value) => ({ inline: JSON.parse(JSON.stringify(value)) as JsonValue })),
    fc
      .tuple(fc.constantFrom(`${tenantId}#`, `payloads/${tenantId}/`, `scheduled/${tenantId}/`), text(100))
      .map(([owner, name]) => ({ ref: owner + name })),
  );

const fanOuts = fc.record({ attempt: count, count: fc.nat({ max: 1000 }) });

const hex = (length: number) => characters('0123456789abcdef', length, length);
const traceHeaders = fc.oneof(
  fc.tuple(hex(8), hex(24)).map(([time, random]) => `Root=1-${time}-${random};Sampled=0`),
  fc.tuple(hex(8), hex(24), hex(16)).map(([time, random, id]) => `Root=1-${time}-${random};Parent=${id};Sampled=1`),
  text(35),
);

/** A key has neither limit, one, or both. */
const limits = fc.oneof(
  fc.record({ ratePerSecond: fc.integer({ min: 1 }) }),
  fc.record({ maxOpenTasks: fc.integer({ min: 1 }) }),
  fc.record({ ratePerSecond: fc.double({ min: 0.001, max: 1e6, noNaN: true }), maxOpenTasks: fc.integer({ min: 1 }) }),
);

const errors: fc.Arbitrary<TaskError> = fc.record({ code: text(40), message: fc.string(), retryable: fc.boolean() });

/** Makes every task that a submit can make. */
export const taskSeeds: fc.Arbitrary<TaskSeed> = fc
  .tuple(
    fc.constantFrom(...RESOURCE_CLASSES),
    fc.constantFrom(...LANE_KINDS),
    fc.nat({ max: 99 }),
    characters('abcxyz019', 1, 63).map(tenant),
  )
  .chain(([resourceClass, lane, shard, tenantId]) =>
    fc.record(
      {
        id: characters('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26, 26).map((unique) => taskIdOf(unique, shard)),
        tenantId: fc.constant(tenantId),
        type: text(40),
        resourceClass: fc.constant(resourceClass),
        priority: fc.constantFrom(...PRIORITIES),
        executorKey: fc.constant(executorKeyOf(resourceClass, lane, shard)),
        maxAttempts: count,
        timeoutSeconds: fc.integer({ min: 1, max: 290 }),
        input: payloadsOf(tenantId),
        fingerprint: characters('abcXYZ019_-', 16, 16),
        createdAt: times,
        runAt: times,
        assignee: fc.record({ type: text(64), id: text(128) }),
        workflowInstanceId: text(128),
        tags: fc.uniqueArray(characters('abzAZ09._:/=@-', 1, 64), { minLength: 1, maxLength: 10 }),
        parent: fc.record({
          id: characters('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26, 26).map((unique) => taskIdOf(unique, shard)),
          attempt: count,
          index: fc.nat({ max: 999 }),
          depth: fc.integer({ min: 1, max: 8 }),
        }),
        schedule: fc.record({
          id: characters('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26, 26).map((unique) => scheduleIdOf(unique, shard)),
          time: times,
        }),
        onEnd: payloadsOf(tenantId),
        traceHeader: traceHeaders,
        limits,
      },
      {
        requiredKeys: [
          ...(['id', 'tenantId', 'type', 'resourceClass', 'priority', 'executorKey', 'maxAttempts'] as const),
          ...(['timeoutSeconds', 'input', 'fingerprint', 'createdAt'] as const),
        ],
      },
    ),
  );

/** Makes every task that a store can hold. */
export const tasks: fc.Arbitrary<Task> = fc
  .tuple(
    taskSeeds,
    fc.oneof(
      fc.record(
        { status: fc.constant('queued' as const), attempt: fc.nat({ max: 20 }), notBefore: times, error: errors },
        { requiredKeys: ['status', 'attempt'] },
      ),
      fc.record({ status: fc.constant('scheduled' as const), attempt: fc.constant(0), runAt: times }),
      fc.record(
        {
          status: fc.constant('running' as const),
          attempt: count,
          attemptsBeforeRetry: count,
          leaseToken: text(12).map((token) => token as LeaseToken),
          leaseExpiresAt: times,
          startedAt: times,
          cancelRequestedAt: times,
          progress: fc.record(
            { fraction: fc.double({ min: 0, max: 1, noNaN: true }), note: text(100) },
            { requiredKeys: ['fraction'] },
          ),
          fanOut: fanOuts,
        },
        { requiredKeys: ['status', 'attempt', 'leaseToken', 'leaseExpiresAt', 'startedAt'] },
      ),
      fc.record({
        status: fc.constant('waiting' as const),
        attempt: count,
        attemptsBeforeRetry: count,
        startedAt: times,
        fanOut: fanOuts,
      }),
      fc.record(
        { status: fc.constant('cancelled' as const), attempt: count, startedAt: times, finishedAt: times },
        { requiredKeys: ['status', 'attempt', 'finishedAt'] },
      ),
      fc.record({
        status: fc.constant('succeeded' as const),
        attempt: count,
        output: payloadsOf('acme'),
        startedAt: times,
        finishedAt: times,
      }),
      fc.record({
        status: fc.constant('failed' as const),
        attempt: count,
        error: errors,
        startedAt: times,
        finishedAt: times,
      }),
    ),
  )
  .map(([seed, state]) => structuredClone({ ...seed, ...state }));
