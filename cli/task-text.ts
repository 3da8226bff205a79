import type { TaskStatus, TaskSummary } from '../client/answers.ts';
import type { Task } from '../client/tasks.ts';
import type { Colour } from './terminal/colour.ts';
import { printFacts, printValue } from './terminal/print.ts';
import type { Cell } from './terminal/table.ts';

export const STATUSES = ['scheduled', 'queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled'] as const;

const COLOURS: Readonly<Partial<Record<TaskStatus, Colour>>> = {
  running: 'cyan',
  waiting: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
};

/** Returns the heads of a list of tasks, one of which says what their times are. */
export const headsOf = (time: 'AGE' | 'CREATED'): readonly Cell[] => ['ID', 'TYPE', 'STATUS', 'ATTEMPT', time, 'NOTE'];

/** Shows a task as a row of a list. */
export const taskRow = (task: TaskSummary, time: string): Cell[] => [
  task.id,
  task.type,
  statusCell(task.status),
  attemptText(task),
  time,
  noteOf(task),
];

const statusCell = (status: TaskStatus): Cell => ({ text: status, colour: COLOURS[status] });

const attemptText = ({ attempt, maxAttempts }: TaskSummary): string => `${attempt} of ${maxAttempts}`;

/** Writes a time of the API to the second. */
export const timeText = (time: string): string => time.replace(/\.\d+Z$/, 'Z');

/** Says what stands out of a task: how far it is, why it failed, when it goes on. */
export function noteOf({ status, error, progress, runAt, cancelRequestedAt, subtaskCount }: TaskSummary): string {
  if (cancelRequestedAt !== undefined && status === 'running') return 'is to end';
  if (status === 'running' && progress !== undefined) return progressText(progress);
  if (status === 'waiting') return `for ${subtaskCount ?? 'its'} subtasks`;
  const waits = runAt !== undefined && (status === 'scheduled' || status === 'queued') ? `from ${timeText(runAt)}` : '';
  const failure = error === undefined ? '' : `${error.code}: ${error.message}`;
  return [waits, failure].filter((text) => text !== '').join(', ');
}

const progressText = ({ fraction, note }: NonNullable<TaskSummary['progress']>): string =>
  `${Math.round(fraction * 100)} %${note === undefined ? '' : ` ${note}`}`;

/** Prints a task with all that a person asks for of it. */
export function printTask(task: Task): void {
  const { error, progress, assignee, schedule, onEnd } = task;
  printFacts({
    id: task.id,
    type: task.type,
    status: statusCell(task.status),
    attempt: attemptText(task),
    error: error && `${error.code}: ${error.message}`,
    progress: task.status === 'running' ? progress && progressText(progress) : undefined,
    priority: task.priority,
    tenant: task.tenantId,
    assignee: assignee && `${assignee.type}:${assignee.id}`,
    workflow: task.workflowInstanceId,
    tags: task.tags?.join(', '),
    parent: task.parentId,
    subtasks: task.subtaskCount === undefined ? undefined : String(task.subtaskCount),
    schedule: schedule && `${schedule.id} at ${timeText(schedule.time)}`,
    told: onEnd && [onEnd.url, ...(onEnd.statuses === undefined ? [] : [`if ${onEnd.statuses.join(', ')}`])].join(', '),
    lane: task.queueName,
    created: timeText(task.createdAt),
    runs: task.runAt && `from ${timeText(task.runAt)}`,
    started: task.startedAt && timeText(task.startedAt),
    finished: task.finishedAt && timeText(task.finishedAt),
    trace: task.traceId,
    missing: task.missing && `${task.missing.join(' and ')}: not kept any more`,
  });
  if (task.input !== undefined) printValue('input', task.input);
  if (task.output !== undefined) printValue('output', task.output);
}
