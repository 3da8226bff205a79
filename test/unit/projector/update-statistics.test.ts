import type { DynamoDBRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { taskOfRow } from '../../../functions/adapters/dynamo/task-row.ts';
import { usageOfRows } from '../../../functions/adapters/dynamo/task-usage.ts';
import type { Log, Statistics } from '../../../functions/core/ports.ts';
import { newTask, type Task } from '../../../functions/core/task/task.ts';
import { eventsOf, type TaskEvent, type TaskEvents } from '../../../functions/core/task/task-event.ts';
import { cancelled, claimed, retried, settled } from '../../../functions/core/task/transition.ts';
import { type Change, changeOf, projectChanges, streamShardOf } from '../../../functions/projector/changes.ts';
import { publishEvents } from '../../../functions/projector/publish-events.ts';
import { updateStatistics } from '../../../functions/projector/update-statistics.ts';
import { MemoryStatistics } from '../../doubles/memory-statistics.ts';
import { FREE } from '../../doubles/step-prices.ts';
import { taskSeed } from '../../doubles/task-seed.ts';

const NOW = Date.UTC(2026, 0, 1);
const error = { code: 'boom', message: 'it went wrong', retryable: true };
const queued = newTask(taskSeed());
const scheduled = newTask(taskSeed({ runAt: NOW + 5000 }));
const running = claimed(queued, { token: 'a' as never, expiresAt: NOW }, NOW);
const ranLater = claimed(scheduled, { token: 'a' as never, expiresAt: NOW }, NOW + 9000);
const again = claimed(running, { token: 'b' as never, expiresAt: NOW }, NOW);
const failed = settled(running, { status: 'failed', error, finishedAt: NOW });
const waiting = settled(running, { status: 'queued', error, notBefore: NOW });

describe('the events of a change', () => {
  it.each<[string, Task | undefined, Task | undefined, string[]]>([
    ['a new task', undefined, queued, ['task.queued']],
    ['a task for later', undefined, scheduled, ['task.scheduled']],
    ['a claim', queued, running, ['task.running']],
    ['a claim of a task for later', scheduled, ranLater, ['task.queued', 'task.running']],
    ['a cancel of a task for later', scheduled, cancelled(scheduled, NOW), ['task.cancelled']],
    ['a claim of an abandoned task', running, again, ['task.running']],
    [
      'a success',
      running,
      settled(running, { status: 'succeeded', output: { inline: 1 }, finishedAt: NOW }),
      ['task.succeeded'],
    ],
    ['a failure', running, failed, ['task.failed']],
    ['a failed attempt', running, waiting, ['task.queued']],
    ['a cancel', queued, cancelled(queued, NOW), ['task.cancelled']],
    ['a request to cancel', running, { ...running, cancelRequestedAt: NOW }, []],
    ['a retry', failed, retried(failed as never), ['task.queued']],
    ['a release by the sweeper', queued, queued, []],
    ['an expiry', failed, undefined, []],
  ])('%s', (_, before, after, names) => {
    expect(eventsOf({ id: '1', at: NOW, before, after }).map(({ name }) => name)).toEqual(names);
  });

  it('tell a task for later as it was queued, from when it was due', () => {
    const [first, second] = eventsOf({ id: '1', at: NOW + 9000, before: scheduled, after: ranLater });
    expect(first).toMatchObject({ name: 'task.queued', at: NOW + 5000, task: { status: 'queued', attempt: 0 } });
    expect(second).toMatchObject({ name: 'task.running', at: NOW + 9000, task: { status: 'running', attempt: 1 } });
    expect(first?.id).not.toBe(second?.id);
  });

  it('have ids of their own, the same each time that their change is told', () => {
    const events = ['1', '2'].flatMap((id) => eventsOf({ id, at: NOW, before: queued, after: running }));
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
    expect(eventsOf({ id: '1', at: NOW, before: queued, after: running })).toEqual(events.slice(0, 1));
  });
});

describe('the projector', () => {
  const change = (sequenceNumber: string, before: Task | undefined, after: Task | undefined): Change => ({
    sequenceNumber,
    at: NOW,
    before: () => before,
    after: () => after,
    usage: { submittedTogether: 1, writeUnits: 1 },
  });
  const changes = [change('1', undefined, queued), change('2', queued, running), change('3', running, failed)];
  /** Has both functions read a batch. */
  const run = async (
    batch: readonly Change[],
    refuses: (event: TaskEvent, tries: number) => boolean,
    statistics: Statistics = new MemoryStatistics(),
  ) => {
    const logged: string[] = [];
    const log: Log = (_, event) => logged.push(event);
    const told: string[] = [];
    let tries = 0;
    const events: TaskEvents = {
      publish: async (all) => {
        tries++;
        told.push(...all.filter((event) => !refuses(event, tries)).map(({ name }) => name));
        return all.filter((event) => refuses(event, tries));
      },
    };
    const untold = await projectChanges(
      batch,
      (taken) => publishEvents(taken, { events, sleep: async () => {}, log }),
      log,
    );
    const uncounted = await projectChanges(
      batch,
      (taken) => updateStatistics('shard', taken, { statistics, prices: FREE, log }),
      () => {},
    );
    return { untold, uncounted, told, logged };
  };

  it('tells of each change, in order', async () => {
    expect(await run(changes, () => false)).toEqual({
      untold: undefined,
      uncounted: undefined,
      told: ['task.queued', 'task.running', 'task.failed'],
      logged: [],
    });
  });

  it('tries again with what the bus did not take', async () => {
    const { untold, told } = await run(changes, ({ name }, tries) => name === 'task.running' && tries < 3);
    expect(untold).toBeUndefined();
    expect(told).toEqual(['task.queued', 'task.failed', 'task.running']);
  });

  it('has the batch come again from the first change that the bus would not take, and counts it meanwhile', async () => {
    const statistics = new MemoryStatistics();
    const { untold, uncounted, logged } = await run(changes, ({ name }) => name !== 'task.queued', statistics);
    expect([untold, uncounted]).toEqual(['2', undefined]);
    const [minute] = await statistics.minutes(queued.tenantId, queued.type, NOW, NOW + 1);
    expect(minute?.tally).toMatchObject({ started: 1, failed: 1 });
    expect(logged).toEqual(['events not taken: their batch will come again']);
  });

  it('has the batch come again from the first change that a row would not take, and counts the others', async () => {
    const statistics = new MemoryStatistics();
    const add = statistics.add.bind(statistics);
    let isRefusing = true;
    statistics.add = (shard, row, contributions) =>
      isRefusing && !('minute' in row) ? Promise.reject(new Error('throttled')) : add(shard, row, contributions);
    const { untold, uncounted, told, logged } = await run(changes.slice(1), () => false, statistics);
    expect({ untold, uncounted, told, logged }).toEqual({
      untold: undefined,
      uncounted: '3',
      told: ['task.running', 'task.failed'],
      logged: ['statistics write failed: their batch will come again'],
    });
    isRefusing = false;
    expect((await run(changes.slice(1), () => false, statistics)).uncounted).toBeUndefined();
    expect(await statistics.openTasks(queued.tenantId)).toBe(-1);
    const [minute] = await statistics.minutes(queued.tenantId, queued.type, NOW, NOW + 1);
    expect(minute?.tally).toMatchObject({ started: 1, failed: 1 });
  });

  it('sets aside what it cannot read, and tells of the rest', async () => {
    const unreadable: Change = {
      ...change('2', undefined, undefined),
      after: () => {
        throw new Error('the task row has no valid id');
      },
    };
    const [first, , last] = changes;
    const { untold, uncounted, told, logged } = await run([first, unreadable, last] as Change[], () => false);
    expect([untold, uncounted]).toEqual([undefined, undefined]);
    expect(told).toEqual(['task.queued', 'task.failed']);
    expect(logged).toEqual(['change set aside: it cannot be read']);
  });
});

describe('a record of the stream', () => {
  const of = (dynamodb: DynamoDBRecord['dynamodb']) =>
    changeOf(
      { dynamodb: dynamodb as object },
      {
        readTask: (image) => taskOfRow(image as never),
        readUsage: (before, after) => usageOfRows(before as never, after as never),
      },
    );

  it('that is of a payload is of no task', () => {
    const payload = of({ NewImage: { pk: { S: 'acme#x#input' }, data: { B: 'AAAA' } } });
    expect([payload.before(), payload.after()]).toEqual([undefined, undefined]);
  });

  it('tells with how many its task was submitted, and what its attempt took of its executor', () => {
    expect(of({ NewImage: { together: { N: '40' }, executorMs: { N: '12' } } }).usage).toEqual({
      submittedTogether: 40,
      executorMilliseconds: 12,
      writeUnits: 3,
    });
    expect(of({ NewImage: {}, OldImage: {} }).usage).toEqual({ submittedTogether: 1, writeUnits: 1 });
  });

  it('that has a status and is no task cannot be read', () => {
    expect(of({ NewImage: { status: { S: 'queued' } } }).after).toThrow('the task row has no valid');
  });

  it('tells when it was, in milliseconds', () => {
    expect(of({ SequenceNumber: '7', ApproximateCreationDateTime: 1_767_225_600.5 })).toMatchObject({
      sequenceNumber: '7',
      at: 1_767_225_600_500,
    });
  });

  it('is of a shard of one table', () => {
    const record = { eventSourceARN: 'arn:table/one' };
    expect(streamShardOf({ Records: [record], shardId: 'shardId-1' })).toBe('arn:table/one/shardId-1');
    expect(streamShardOf({ Records: [record] })).toBe('arn:table/one/');
    expect(streamShardOf({ Records: [] })).toBe('/');
  });
});
