import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fanOutAttributes } from '../../../../functions/adapters/dynamo/fan-out-attribute.ts';
import type { Row } from '../../../../functions/adapters/dynamo/requests/row.ts';
import {
  errorAttributes,
  groupsWith,
  heartbeatAttributes,
  payloadAttributes,
  rowKey,
  seedAttributes,
  statusGroupOf,
  taskOfRow,
} from '../../../../functions/adapters/dynamo/task-row.ts';
import { scheduleIdOf } from '../../../../functions/core/schedule/schedule.ts';
import { taskIdOf } from '../../../../functions/core/task/ids.ts';
import { INLINE_INPUT_BYTES, INLINE_PAYLOAD_BYTES } from '../../../../functions/core/task/payload.ts';
import { newTask, type Task } from '../../../../functions/core/task/task.ts';
import { tasks } from '../../../doubles/task-arbitraries.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';

const n = (value: number): AttributeValue => ({ N: String(value) });
const NOW = Date.UTC(2026, 5, 1);

it('spreads tasks over the partitions of an index, each task always to the same', () => {
  const ids = Array.from({ length: 4_000 }, (_, place) => taskIdOf(String(place).padStart(26, '0'), 0));
  const shardOf = (id: (typeof ids)[number]) => Number(seedAttributes({ ...taskSeed(), id }, 8).indexShard?.N);
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(shardOf(id), (counts.get(shardOf(id)) ?? 0) + 1);
  expect([...counts.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  // Of 500 expected, with a standard deviation of 21.
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(130);
  expect(ids.map(shardOf)).toEqual(ids.map(shardOf));
});

/** Makes the row as `DynamoTaskStore` leaves it behind: by insert, claim or settle. */
function rowOf(task: Task): Row {
  const base: Row = {
    ...rowKey(task.tenantId, task.id),
    ...seedAttributes(task, 4),
    status: { S: task.status },
    statusGroup: { S: statusGroupOf(task.status) },
    attempt: n(task.attempt),
  };
  const written = Object.fromEntries(
    Object.entries(task).flatMap(([name, value]) =>
      TIMES.includes(name) && typeof value === 'number' ? [[name, n(value)]] : [],
    ),
  );
  return {
    ...base,
    ...written,
    ...('attemptsBeforeRetry' in task ? { attemptsBeforeRetry: n(Number(task.attemptsBeforeRetry)) } : {}),
    ...('fanOut' in task && task.fanOut !== undefined ? fanOutAttributes(task.fanOut) : {}),
    ...('progress' in task && task.progress !== undefined ? heartbeatAttributes({ progress: task.progress }) : {}),
    ...('leaseToken' in task ? { leaseToken: { S: task.leaseToken } } : {}),
    ...('error' in task && task.error !== undefined ? errorAttributes(task.error, task.status === 'failed') : {}),
    ...('output' in task ? payloadAttributes('output', task.output) : {}),
    ...('finishedAt' in task ? { expiresAt: n(1_781_481_600) } : {}),
  };
}

const TIMES = ['notBefore', 'leaseExpiresAt', 'startedAt', 'finishedAt', 'cancelRequestedAt', 'runAt'];

/**
 * Sizes a row by "DynamoDB item sizes and formats": names, text in UTF-8, a byte for two digits of a number and one
 * more.
 */
const sizeOf = (row: Row): number =>
  Object.entries(row).reduce((size, [name, { S, N, BOOL }]) => {
    if (S === undefined && N === undefined && BOOL === undefined)
      throw new Error(`${name} is of a type not counted here`);
    const value = S === undefined ? (N === undefined ? 1 : Math.ceil(N.length / 2) + 1) : Buffer.byteLength(S);
    return size + Buffer.byteLength(name) + value;
  }, 0);

describe('a row', () => {
  it('gives back the task that it was made of', () => {
    fc.assert(
      fc.property(tasks, (task) => {
        expect(taskOfRow(rowOf(task))).toStrictEqual(task);
      }),
    );
  });

  it('has nothing in the place of what its task does not have: the indexes are sparse', () => {
    const row = rowOf(newTask(taskSeed()));
    for (const name of ['assigneeType', 'assigneeId', 'workflowInstanceId', 'trace', 'notBefore', 'expiresAt']) {
      expect(row).not.toHaveProperty(name);
    }
    expect(Object.values(row)).not.toContain(undefined);
  });

  it.each([
    ['scheduled', 'open'],
    ['queued', 'succeeded'],
    ['running', 'succeeded'],
    ['waiting', 'open'],
    ['succeeded', 'succeeded'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)('of a task that gets %s is put into the group %s, where its list looks', (status, group) => {
    expect(statusGroupOf(status)).toBe(group);
    expect(groupsWith(status)).toContain(group);
  });

  it.each(['queued', 'running'] as const)('of a task that is %s may have stayed where it waited', (status) =>
    expect(groupsWith(status)).toContain('open'),
  );

  const running = rowOf({
    ...taskSeed(),
    status: 'running',
    attempt: 1,
    leaseToken: 'lease' as never,
    leaseExpiresAt: NOW,
    startedAt: NOW,
  });

  it.each([
    ...['pk', 'type', 'priority', 'executorKey', 'maxAttempts', 'timeoutSeconds', 'input', 'fingerprint', 'order'],
    ...['attempt', 'status', 'leaseToken', 'leaseExpiresAt', 'startedAt'],
  ])('without its %s is refused', (name) => {
    const { [name]: _, ...rest } = running;
    expect(() => taskOfRow(rest)).toThrow(/^the task row has (no valid|the unknown) /);
  });

  it.each<[string, AttributeValue]>([
    ['pk', { S: 'acme' }],
    ['pk', { S: 'Acme#nonsense' }],
    ['status', { S: 'done' }],
    ['attempt', { S: '1' }],
    ['leaseExpiresAt', { S: 'soon' }],
  ])('whose %s is %o is refused', (name, value) => {
    expect(() => taskOfRow({ ...running, [name]: value })).toThrow(/^the task row has /);
  });
});

describe('the size of a row', () => {
  const uuid = '2f9c1f6e-6f3b-4d1e-9a53-0c6b2c1c9f1a';
  const full = { inline: 'x'.repeat(INLINE_PAYLOAD_BYTES - 2) };
  const seed = taskSeed({
    id: taskIdOf('0'.repeat(26), 0),
    tenantId: tenant('t'.repeat(63)),
    type: 'knowledge.reindex',
    resourceClass: 'memory-intensive',
    input: { inline: 'x'.repeat(INLINE_INPUT_BYTES - 2) },
    executorKey: 'memory-intensive/normal/0',
    maxAttempts: 20,
    timeoutSeconds: 290,
    fingerprint: 'f'.repeat(24),
    inputVersion: 'v'.repeat(8),
    createdAt: NOW + 123,
    traceHeader: 'Root=1-6b04c28d-e8be8acc27b5c47405b6f5a2;Parent=53995c3f42cd8ad8;Sampled=1',
  });
  const short = { ...seed, tenantId: tenant('acme-industries-eu') };
  const { traceHeader: _, ...untraced } = seed;
  const fired = { ...untraced, fingerprint: '-', schedule: { id: scheduleIdOf('0'.repeat(26), 0), time: NOW } };
  const named = { ...short, assignee: { type: 'user', id: uuid }, workflowInstanceId: uuid };
  const url = (length: number) => `https://hooks.example/${'x'.repeat(length - 22)}`;
  const own = `acme-industries-eu#${'0'.repeat(26)}-0`;
  // What stays in the row of onEnd is none of the input's room.
  const shortUrl = { inline: { url: url(130) } };
  const toldShort = { ...named, input: { ref: `${own}#input-${'f'.repeat(16)}` }, onEnd: shortUrl };
  const longUrl = { ref: `${own}#on-end-${'f'.repeat(16)}` };
  const tags = ['order/2026-000-117', 'region=eu-central-1', 'customer:0815', 'a@b.example'];
  const labelled = {
    ...named,
    tags,
    input: { inline: 'x'.repeat(INLINE_INPUT_BYTES - 2 - 4 - tags.join(' ').length) },
  };
  const toldLong = {
    ...named,
    onEnd: longUrl,
    input: { inline: 'x'.repeat(INLINE_INPUT_BYTES - 2 - 8 - longUrl.ref.length) },
  };
  const longest = {
    ...seed,
    assignee: { type: 'x'.repeat(64), id: 'x'.repeat(128) },
    workflowInstanceId: 'x'.repeat(128),
  };
  const times = { attempt: 20, startedAt: NOW + 123, finishedAt: NOW + 123 };
  const error = { code: 'x'.repeat(20), message: 'x'.repeat(300), retryable: true };
  const longError = { ...error, message: 'x'.repeat(2000) };
  const lease = { leaseToken: 'x'.repeat(12) as never, leaseExpiresAt: NOW + 123, startedAt: NOW + 123 };

  it.each<[string, Task, number]>([
    ['succeeded, of a tenant of 63 characters', { ...seed, status: 'succeeded', output: full, ...times }, 1024],
    ['succeeded, of a schedule', { ...fired, status: 'succeeded', output: full, ...times }, 1024],
    ['succeeded, of a workflow, for somebody', { ...named, status: 'succeeded', output: full, ...times }, 1024],
    ['succeeded, with onEnd', { ...toldShort, status: 'succeeded', output: full, ...times }, 1024],
    ['succeeded, with tags', { ...labelled, status: 'succeeded', output: full, ...times }, 1024],
    ['succeeded, with a long onEnd', { ...toldLong, status: 'succeeded', output: full, ...times }, 1024],
    ['running, everything as long as it may be', { ...longest, status: 'running', attempt: 20, ...lease }, 1200],
    ['failed with 300 characters', { ...short, status: 'failed', error, ...times }, 1024],
    ['succeeded, everything as long as it may be', { ...longest, status: 'succeeded', output: full, ...times }, 2048],
    ['failed, everything as long as it may be', { ...longest, status: 'failed', error: longError, ...times }, 4096],
  ])('%s', (_, task, limit) => {
    const size = sizeOf(rowOf(task));
    expect(size).toBeLessThanOrEqual(limit);
  });
});
