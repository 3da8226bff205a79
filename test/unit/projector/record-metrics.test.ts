import { describe, expect, it } from 'vitest';
import { newTask, type RunningTask, type Task } from '../../../functions/core/task/task.ts';
import type { TaskUsage } from '../../../functions/core/task/task-change.ts';
import {
  cancelled,
  claimed,
  failedBySubtask,
  resumed,
  retried,
  type Settlement,
  settled,
} from '../../../functions/core/task/transition.ts';
import { projectShard } from '../../../functions/projector/project-shard.ts';
import { recordMetrics } from '../../../functions/projector/record-metrics.ts';
import { WEBHOOK_TYPE } from '../../../functions/resource-classes.ts';
import { MemoryStatistics } from '../../doubles/memory-statistics.ts';
import { MemoryTagIndex } from '../../doubles/memory-tag-index.ts';
import { FREE } from '../../doubles/step-prices.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const NOW = Date.UTC(2026, 0, 1);
const START = NOW + 300;
const END = START + 1500;
const error = { code: 'timeout', message: 'it took too long', retryable: true };
const lease = { token: 'a' as never, expiresAt: START + 60_000 };

const queued = newTask(taskSeed({ createdAt: NOW, timeoutSeconds: 30 }));
const running = claimed(queued, lease, START);
const end = (settlement: Settlement, task: RunningTask = running): Task => settled(task, settlement);
const succeeded = end({ status: 'succeeded', output: { inline: 1 }, finishedAt: END });
const failed = end({ status: 'failed', error, finishedAt: END });
const again = end({ status: 'queued', error, notBefore: END });
const waiting = end({ status: 'waiting', fanOut: { attempt: 1, count: 2 }, reconcileAt: END + 60_000 });

/** Returns what a change is recorded as: the metric, what it is of, and its value. */
async function recordedOf(
  before: Task | undefined,
  after: Task | undefined,
  { usage = {}, resumedAt }: { usage?: Partial<TaskUsage>; resumedAt?: number } = {},
): Promise<string[]> {
  const recorded: string[] = [];
  await recordMetrics(
    [{ id: '1', at: END + 700, before, after, usage: { submittedTogether: 1, writeUnits: 1, ...usage } }],
    {
      meter: { record: (of, metric, value) => recorded.push(`${metric} ${of} ${value}`) },
      settings: { get: async () => (resumedAt === undefined ? {} : { resumedAt }) },
    },
  );
  return recorded;
}

const { executorKey: key, type } = queued;
const times = [`execution ${type} 1500`, `timeoutUse ${type} 5`];

describe('a change is recorded', () => {
  it.each<[string, Task | undefined, Task | undefined, string[]]>([
    ['of a new task', undefined, queued, [`accepted ${key} 1`]],
    ['of a first claim', queued, running, [`wait ${key} 300`]],
    ['of a claim that came before its row', undefined, running, [`accepted ${key} 1`, `wait ${key} 300`]],
    ['of a success', running, succeeded, [`succeeded ${key} 1`, ...times, `attempts ${type} 1`]],
    ['of a failure', running, failed, [`failed ${key} 1`, 'error timeout 1', ...times, `attempts ${type} 1`]],
    [
      'of a fan-out that a subtask has failed',
      waiting,
      failedBySubtask(waiting as never, error, END),
      [`failed ${key} 1`, 'error timeout 1'],
    ],
    ['of a cancel', queued, cancelled(queued, NOW), [`cancelled ${key} 1`]],
    ['of a claim that follows another', again, claimed(again as never, lease, END), []],
    ['of a claim of an abandoned task', running, claimed(running, lease, END), []],
    ['of a look after an attempt', running, { ...running, leaseExpiresAt: END }, []],
    ['of a request to cancel', running, { ...running, cancelRequestedAt: END }, []],
    ['of a parent that goes on', waiting, resumed(waiting as never), []],
    ['of an explicit retry', failed, retried(failed as never), []],
    ['of an expiry', failed, undefined, []],
  ])('%s', async (_, before, after, expected) => {
    expect(await recordedOf(before, after)).toEqual(expected);
  });

  it.each<[string, Task, string[]]>([
    ['a failed attempt that is followed by another', again, [`retried ${key} 1`, 'error timeout 1', ...times]],
    ['a fan-out', waiting, [`fannedOut ${key} 1`, ...times]],
  ])('of %s, whose end its row tells', async (_, after, expected) => {
    expect(await recordedOf(running, after, { usage: { attemptEndedAt: END } })).toEqual(expected);
  });

  it('as new where a row past its retention gives way to a task of the same key', async () => {
    expect(await recordedOf(failed, { ...queued, createdAt: END + 1 })).toEqual([`accepted ${key} 1`]);
  });

  it('as a wait since its type was resumed, or since it was due', async () => {
    expect(await recordedOf(queued, running, { resumedAt: NOW + 100 })).toEqual([`wait ${key} 200`]);
    const due = newTask(taskSeed({ createdAt: NOW, runAt: NOW + 250 }));
    expect(await recordedOf(due, claimed(due, lease, START))).toEqual([`wait ${key} 50`]);
  });

  it('as a wait since its type was resumed, though settings that are some seconds old do not tell of that', async () => {
    const recorded: string[] = [];
    const asked: (number | undefined)[] = [];
    const late = newTask(taskSeed({ createdAt: NOW - 75_000 }));
    const change = {
      id: '1',
      at: END,
      before: late,
      after: claimed(late, lease, START),
      usage: { submittedTogether: 1, writeUnits: 1 },
    };
    await recordMetrics([change], {
      meter: { record: (of, metric, value) => recorded.push(`${metric} ${of} ${value}`) },
      settings: {
        get: async (_, since) => {
          asked.push(since);
          return since === undefined ? {} : { resumedAt: NOW + 100 };
        },
      },
    });
    expect(recorded).toEqual([`wait ${key} 200`]);
    expect(asked).toEqual([undefined, START]);
  });

  it('without a wait of a task that was ended before it began, and retried', async () => {
    const retry = retried(cancelled(queued, NOW));
    expect(await recordedOf(retry, claimed(retry, lease, START))).toEqual([]);
  });

  it('without the failure of a delivery, which is for the tenant of its receiver to mend', async () => {
    const told = { ...running, type: WEBHOOK_TYPE };
    const gone = { status: 'failed', error: { ...error, code: 'network_error' }, finishedAt: END } as const;
    const recorded = await recordedOf(told, end(gone, told));
    expect(recorded).toContain('error network_error 1');
    expect(recorded.filter((one) => one.startsWith('failed'))).toEqual([]);
  });

  it('without times of an attempt that was lost, or of a type that its executor did not have', async () => {
    const lost = end({ status: 'failed', error: { ...error, code: 'executor_lost' }, finishedAt: lease.expiresAt + 1 });
    expect(await recordedOf(running, lost)).toEqual([`failed ${key} 1`, 'error executor_lost 1']);
    const unknown = end({ status: 'failed', error: { ...error, code: 'unknown_task_type' }, finishedAt: END });
    expect(await recordedOf(running, unknown)).toEqual([`failed ${key} 1`, 'error unknown_task_type 1']);
  });
});

it('records what is before the first change that has to come again, and the rest when it has come', async () => {
  const others = [taskSeed({ tenantId: 'globex' as never }), taskSeed()].map((seed) => newTask(seed));
  const changes = [queued, ...others].map((after, place) => ({
    id: String(place + 1),
    at: NOW,
    before: undefined,
    after,
    usage: { submittedTogether: 1, writeUnits: 1 },
  }));
  const statistics = new MemoryStatistics();
  let refuses = true;
  const recorded: string[] = [];
  const ports = {
    ...createWorld().ports,
    statistics: {
      ...statistics,
      add: async (...all: Parameters<MemoryStatistics['add']>) => {
        if (refuses && all[1].tenantId === 'globex') throw new Error('throttled');
        return statistics.add(...all);
      },
    } as never,
    tags: new MemoryTagIndex(),
    prices: FREE,
    log: () => {},
    meter: { record: (_: string, metric: string) => recorded.push(metric) },
    settings: { get: async () => ({}) },
  };
  const left = await projectShard('shard', changes, ports);
  expect([...left].map(({ id }) => id)).toEqual(['2']);
  expect(recorded).toEqual(['accepted']);
  refuses = false;
  expect(await projectShard('shard', changes.slice(1), ports)).toEqual(new Set());
  expect(recorded).toEqual(['accepted', 'accepted', 'accepted']);
});
