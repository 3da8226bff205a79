import type { Attempt } from '../api/attempt.ts';
import { isFinished, type TaskSummary } from '../api/task.ts';
import { eventsOfAttempts, type LifeEvent, type Stretch, stretchesOf } from './attempts.ts';
import { duration, timeOf } from './format.ts';

export type Life = { readonly stretches: readonly Stretch[]; readonly events: readonly LifeEvent[] };

/**
 * Reads a task's past and present from what the API tells of it, and of its attempts: until those are there, it knows the times of
 * the latest alone.
 */
export function lifeOf(task: TaskSummary, now: number, attempts: readonly Attempt[] = []): Life {
  const isTold = attempts.some(({ startedAt }) => startedAt !== undefined);
  const sinceFirst = isTold ? stretchesOf(task, attempts, now) : sinceFirstAttempt(task, now);
  const stretches = task.attempt === 0 ? beforeAnyAttempt(task, now) : sinceFirst;
  return {
    stretches: stretches.filter(({ from, to }) => to > from),
    events: eventsOf(task, attempts).filter((event) => event !== undefined),
  };
}

function beforeAnyAttempt(task: TaskSummary, now: number): Stretch[] {
  const createdAt = timeOf(task.createdAt) ?? now;
  const dueAt = timeOf(task.runAt) ?? createdAt;
  const end = timeOf(task.finishedAt) ?? now;
  const queuedFor = `${isFinished(task) ? 'Was queued' : 'Queued'} for ${duration(end - dueAt)}`;
  return [
    {
      kind: 'delayed',
      label: `Not to run for ${duration(dueAt - createdAt)}`,
      from: createdAt,
      to: Math.min(dueAt, end),
    },
    { kind: 'ahead', label: `Due in ${duration(dueAt - end)}`, from: end, to: isFinished(task) ? end : dueAt },
    { kind: 'queued', label: queuedFor, from: dueAt, to: end },
  ];
}

function sinceFirstAttempt(task: TaskSummary, now: number): Stretch[] {
  const createdAt = timeOf(task.createdAt) ?? now;
  const runAt = timeOf(task.runAt);
  const startedAt = timeOf(task.startedAt);
  if (task.status === 'queued' || startedAt === undefined) {
    return [
      { kind: 'earlier', label: attemptsUpTo(task.attempt), from: createdAt, to: timeOf(task.finishedAt) ?? now },
      { kind: 'ahead', label: `Next attempt in ${duration((runAt ?? now) - now)}`, from: now, to: runAt ?? now },
    ];
  }
  const dueAt = Math.min(runAt ?? createdAt, startedAt);
  const before: Stretch[] =
    task.attempt === 1
      ? [
          { kind: 'delayed', label: `Not to run for ${duration(dueAt - createdAt)}`, from: createdAt, to: dueAt },
          { kind: 'queued', label: `Queued for ${duration(startedAt - dueAt)}`, from: dueAt, to: startedAt },
        ]
      : [{ kind: 'earlier', label: attemptsUpTo(task.attempt - 1, isCombined(task)), from: createdAt, to: startedAt }];
  return [...before, latestAttempt(task, startedAt, timeOf(task.finishedAt) ?? now)];
}

/** Tells whether the latest attempt is the one that makes an output of what the subtasks gave. */
export const isCombined = ({ subtaskCount, status }: TaskSummary): boolean =>
  subtaskCount !== undefined && (status === 'running' || status === 'succeeded');

function latestAttempt(task: TaskSummary, from: number, to: number): Stretch {
  const { status, attempt } = task;
  const time = duration(to - from);
  if (status === 'waiting')
    return { kind: 'waiting', label: `Attempt ${attempt} and its subtasks: ${time} so far`, from, to };
  if (isCombined(task)) {
    return { kind: 'running', label: `Subtasks combined ${status === 'running' ? 'for' : 'in'} ${time}`, from, to };
  }
  const label = status === 'running' ? `Attempt ${attempt} runs for ${time}` : `Attempt ${attempt} ran for ${time}`;
  return { kind: 'running', label, from, to };
}

function attemptsUpTo(count: number, hasSubtasks = false): string {
  const rest = hasSubtasks ? 'the subtasks' : count === 1 ? 'its wait' : 'their waits';
  return `${attemptsBefore(count + 1)} and ${rest}`;
}

const attemptsBefore = (number: number): string => (number === 2 ? 'Attempt 1' : `Attempts 1 to ${number - 1}`);

function eventsOf(task: TaskSummary, attempts: readonly Attempt[]): (LifeEvent | undefined)[] {
  const { attempt, status, error } = task;
  const [createdAt, runAt, startedAt, finishedAt] = [task.createdAt, task.runAt, task.startedAt, task.finishedAt].map(
    timeOf,
  );
  const isBetweenAttempts = status === 'queued' && attempt > 0;
  const hasLatest = startedAt !== undefined && !isBetweenAttempts;
  const untold = hasLatest ? attempt - 1 : attempt;
  return [
    { label: 'Created', at: createdAt },
    runAt === undefined || isBetweenAttempts ? undefined : { label: 'To run from', at: runAt },
    attempts[0] === undefined || attempts[0].number === 1
      ? undefined
      : { label: attemptsBefore(attempts[0].number), at: undefined, note: 'Only the latest are told one by one.' },
    ...eventsOfAttempts(attempts),
    untold === 0 || attempts.length > 0
      ? undefined
      : {
          label: attemptsBefore(untold + 1),
          at: undefined,
          ...(isBetweenAttempts && error !== undefined ? { tone: 'failed' } : {}),
        },
    hasLatest && attempts.length === 0
      ? {
          label: `Attempt ${attempt} started`,
          at: startedAt,
          tone: 'running',
          ...(isCombined(task) ? { note: 'It combines the subtasks.' } : {}),
        }
      : undefined,
    isBetweenAttempts ? { label: `Attempt ${attempt + 1} may start`, at: runAt, tone: 'queued' } : undefined,
    task.cancelRequestedAt === undefined
      ? undefined
      : { label: 'Cancel asked for', at: timeOf(task.cancelRequestedAt), tone: 'cancelled' },
    finishedAt === undefined
      ? undefined
      : { label: status.charAt(0).toUpperCase() + status.slice(1), at: finishedAt, tone: status },
  ];
}
