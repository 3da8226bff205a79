import { describe, expect, test } from 'vitest';
import type { TaskSummary } from '../../../../console/api/task.ts';
import { lifeOf } from '../../../../console/model/life.ts';

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

const task = (facts: Partial<TaskSummary>): TaskSummary => ({
  id: '01M859FY21NP7H6QB49KRATWQ0-0',
  tenantId: 'acme',
  type: 'greet',
  priority: 'normal',
  status: 'queued',
  attempt: 0,
  maxAttempts: 3,
  executorKey: 'default/normal/0',
  queueName: 'millrace-default-normal-0',
  createdAt: at(0),
  ...facts,
});

/** Writes a life as lines: each stretch with its seconds, then each event with its own. */
function told(facts: Partial<TaskSummary>, nowSeconds = 100) {
  const { stretches, events } = lifeOf(task(facts), START + nowSeconds * 1000);
  const second = (time: number | undefined) => (time === undefined ? '?' : (time - START) / 1000);
  return {
    stretches: stretches.map(({ kind, from, to }) => `${kind} ${second(from)}-${second(to)}`),
    labels: stretches.map(({ label }) => label),
    events: events.map((event) => `${event.label} ${second(event.at)}`),
  };
}

describe('the life of a task', () => {
  test('that waits', () => {
    expect(told({})).toEqual({ stretches: ['queued 0-100'], labels: ['Queued for 1 min 40 s'], events: ['Created 0'] });
  });

  test('that is to run later', () => {
    expect(told({ status: 'scheduled', runAt: at(160) })).toEqual({
      stretches: ['delayed 0-100', 'ahead 100-160'],
      labels: ['Not to run for 2 min 40 s', 'Due in 1 min'],
      events: ['Created 0', 'To run from 160'],
    });
  });

  test('that was cancelled before it ran', () => {
    expect(told({ status: 'cancelled', runAt: at(160), finishedAt: at(40) })).toMatchObject({
      stretches: ['delayed 0-40'],
      events: ['Created 0', 'To run from 160', 'Cancelled 40'],
    });
  });

  test('whose subtasks are combined', () => {
    const combined = { attempt: 2, subtaskCount: 3, startedAt: at(90) };
    expect(told({ ...combined, status: 'running' })).toMatchObject({
      labels: ['Attempt 1 and the subtasks', 'Subtasks combined for 10 s'],
      events: ['Created 0', 'Attempt 1 ?', 'Attempt 2 started 90'],
    });
    const labels = ['Attempt 1 and the subtasks', 'Subtasks combined in 5 s'];
    expect(told({ ...combined, status: 'succeeded', finishedAt: at(95) })).toMatchObject({ labels });
  });

  test('that runs for the first time', () => {
    expect(told({ status: 'running', attempt: 1, startedAt: at(90) })).toEqual({
      stretches: ['queued 0-90', 'running 90-100'],
      labels: ['Queued for 1 min 30 s', 'Attempt 1 runs for 10 s'],
      events: ['Created 0', 'Attempt 1 started 90'],
    });
  });

  test('that succeeded at once, after its delay', () => {
    expect(
      told({ status: 'succeeded', attempt: 1, runAt: at(30), startedAt: at(31), finishedAt: at(33) }),
    ).toMatchObject({
      stretches: ['delayed 0-30', 'queued 30-31', 'running 31-33'],
      events: ['Created 0', 'To run from 30', 'Attempt 1 started 31', 'Succeeded 33'],
    });
  });

  test('that failed in its third attempt: when the others ran is not known', () => {
    expect(told({ status: 'failed', attempt: 3, startedAt: at(50), finishedAt: at(60) })).toEqual({
      stretches: ['earlier 0-50', 'running 50-60'],
      labels: ['Attempts 1 to 2 and their waits', 'Attempt 3 ran for 10 s'],
      events: ['Created 0', 'Attempts 1 to 2 ?', 'Attempt 3 started 50', 'Failed 60'],
    });
  });

  test('between two attempts: nothing is known of the first but that it was', () => {
    const error = { code: 'network_error', message: 'no route' };
    expect(told({ attempt: 1, error, runAt: at(120) })).toEqual({
      stretches: ['earlier 0-100', 'ahead 100-120'],
      labels: ['Attempt 1 and its wait', 'Next attempt in 20 s'],
      events: ['Created 0', 'Attempt 1 ?', 'Attempt 2 may start 120'],
    });
  });

  test('that was retried and waits for its turn', () => {
    expect(told({ attempt: 2, maxAttempts: 5 })).toMatchObject({
      stretches: ['earlier 0-100'],
      events: ['Created 0', 'Attempts 1 to 2 ?', 'Attempt 3 may start ?'],
    });
  });

  test('that waits for its subtasks', () => {
    expect(told({ status: 'waiting', attempt: 1, startedAt: at(10), subtaskCount: 4 })).toMatchObject({
      stretches: ['queued 0-10', 'waiting 10-100'],
      labels: ['Queued for 10 s', 'Attempt 1 and its subtasks: 1 min 30 s so far'],
    });
  });

  test('that is to be cancelled', () => {
    const running = { status: 'running', attempt: 1, startedAt: at(10), cancelRequestedAt: at(20) };
    expect(told(running).events).toEqual(['Created 0', 'Attempt 1 started 10', 'Cancel asked for 20']);
  });
});

describe('the life of a task whose attempts are known', () => {
  const error = { code: 'handler_error', message: 'out of range' };
  const failed = (number: number, from: number, to: number, outcome = 'retried') => ({
    number,
    outcome,
    startedAt: at(from),
    endedAt: at(to),
    error: { ...error, message: `no ${number}` },
  });
  const lifeAt = (facts: Partial<TaskSummary>, attempts: Parameters<typeof lifeOf>[2]) =>
    lifeOf(task(facts), START + 100_000, attempts);

  test('shows each with its time and what it failed by', () => {
    const facts = { status: 'failed', attempt: 2, startedAt: at(50), finishedAt: at(60) };
    const { stretches, events } = lifeAt(facts, [failed(1, 10, 20), failed(2, 50, 60, 'failed')]);
    expect(stretches.map(({ label }) => label)).toEqual([
      'Queued for 10 s',
      'Attempt 1 failed after 10 s',
      'Waited for 30 s',
      'Attempt 2 failed after 10 s',
    ]);
    expect(events.map(({ label, note, error: shown }) => [label, note, shown?.message])).toEqual([
      ['Created', undefined, undefined],
      ['Attempt 1 failed', 'ran for 10 s', 'no 1'],
      ['Attempt 2 failed', 'ran for 10 s', 'no 2'],
      ['Failed', undefined, undefined],
    ]);
  });

  test('shows one that was lost, and the wait for the next', () => {
    const lost = { number: 2, outcome: 'lost' };
    const { stretches, events } = lifeAt({ attempt: 2, runAt: at(130) }, [failed(1, 10, 20), lost]);
    expect(stretches.map(({ kind }) => kind)).toEqual(['queued', 'failed', 'queued', 'ahead']);
    expect(events.map(({ label }) => label)).toEqual([
      'Created',
      'Attempt 1 failed',
      'Attempt 2 was lost',
      'Attempt 3 may start',
    ]);
  });

  test('shows a delay before the first attempt, and that the last was cancelled while the next was waited for', () => {
    const delayed = { status: 'succeeded', attempt: 1, runAt: at(8), startedAt: at(10), finishedAt: at(20) };
    const succeeded = { number: 1, outcome: 'succeeded', startedAt: at(10), endedAt: at(20) };
    expect(lifeAt(delayed, [succeeded]).stretches.map(({ kind, label }) => `${kind}: ${label}`)).toEqual([
      'delayed: Not to run for 8 s',
      'queued: Queued for 2 s',
      'running: Attempt 1 succeeded after 10 s',
    ]);
    const cancelled = { status: 'cancelled', attempt: 1, runAt: at(90), finishedAt: at(50) };
    expect(lifeAt(cancelled, [failed(1, 10, 20)]).stretches.at(-1)).toMatchObject({ label: 'Waited for 30 s' });
    const lost = { number: 2, outcome: 'lost' };
    expect(lifeAt({ ...cancelled, status: 'failed' }, [failed(1, 10, 20), lost]).stretches.at(-1)).toMatchObject({
      kind: 'earlier',
      label: 'Attempt 2 and its wait',
    });
  });

  test('says so where the first ones are not among those that are told', () => {
    const { events } = lifeAt({ attempt: 102, status: 'running' }, [
      failed(101, 10, 20),
      { number: 102, outcome: 'running', startedAt: at(60) },
    ]);
    expect(events.map(({ label }) => label)).toEqual([
      'Created',
      'Attempts 1 to 100',
      'Attempt 101 failed',
      'Attempt 102 started',
    ]);
  });

  test('shows the one under way, and those that made subtasks', () => {
    const running = { status: 'running', attempt: 2, startedAt: at(60) };
    const { stretches } = lifeAt(running, [
      { number: 1, outcome: 'fanned_out', startedAt: at(10) },
      { number: 2, outcome: 'running', startedAt: at(60) },
    ]);
    expect(stretches.map(({ label }) => label)).toEqual([
      'Queued for 10 s',
      'Attempt 1 and its subtasks: 50 s',
      'Attempt 2 runs for 40 s',
    ]);
  });
});
