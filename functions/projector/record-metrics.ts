import { BULK_ACTION_TYPE } from '../core/bulk-action/bulk-action.ts';
import type { Meter } from '../core/ports.ts';
import type { RunningTask, Task } from '../core/task/task.ts';
import {
  type EndedAttempt,
  endedAttemptOf,
  formerOf,
  type TaskChange,
  transitionsOf,
} from '../core/task/task-change.ts';
import type { SettingsStore, TaskSettings } from '../core/task-settings.ts';
import { WEBHOOK_TYPE } from '../resource-classes.ts';

export type MetricsPorts = { readonly meter: Meter; readonly settings: Pick<SettingsStore, 'get'> };

/** An attempt of a type that its executor did not have, or could not load, ran nothing; a type that is gone costs no metric. */
const RAN_NOTHING: ReadonlySet<string> = new Set(['unknown_task_type', 'definition_broken']);

/** Records what changes mean for the dashboards: transitions, errors, waits and runs. */
export async function recordMetrics(changes: readonly TaskChange[], ports: MetricsPorts): Promise<void> {
  for (const change of changes) await recordChange(change, ports);
}

async function recordChange(change: TaskChange, { meter, settings }: MetricsPorts): Promise<void> {
  const { at, after, usage } = change;
  // A bulk action is the work of no lane, and its own page tells how it goes.
  if (after === undefined || after.type === BULK_ACTION_TYPE) return;
  const former = formerOf(change, after);
  for (const transition of transitionsOf(former, after)) {
    if (transition === 'started') await recordWait(after, { meter, settings });
    else if (transition !== 'reopened' && !isOfReceiver(after, transition))
      meter.record(after.executorKey, transition, 1);
    if (transition === 'failed' || transition === 'retried') recordError(after, meter);
  }
  const attempt = endedAttemptOf(former, after, at, usage);
  if (attempt !== undefined) recordTimes(attempt, after, meter);
}

/** A receiver that is gone fails what is told to it: that is for its tenant to mend, and wakes nobody who runs the deployment. */
const isOfReceiver = ({ type }: Task, transition: string): boolean => type === WEBHOOK_TYPE && transition === 'failed';

function recordError(task: Task, meter: Meter): void {
  if ('error' in task && task.error !== undefined) meter.record(task.error.code, 'error', 1);
}

/** A longer wait may be a pause that ended a moment ago, which settings that are some seconds old do not tell of. */
const SURE_MILLISECONDS = 1_000;

/** Records how long a task has waited since it was due and its type was not paused. */
async function recordWait(task: Task, { meter, settings }: MetricsPorts): Promise<void> {
  // One that was cancelled before it began, and retried, has waited since then: no row tells when that was.
  if (task.status !== 'running' || task.attempt > 1 || task.attemptsBeforeRetry !== undefined) return;
  let wait = waitOf(task, await settings.get(task.type));
  if (wait > SURE_MILLISECONDS) wait = waitOf(task, await settings.get(task.type, task.startedAt));
  meter.record(task.executorKey, 'wait', wait);
}

const waitOf = ({ createdAt, runAt = 0, startedAt }: RunningTask, { resumedAt = 0 }: TaskSettings): number =>
  Math.max(0, startedAt - Math.max(createdAt, runAt, resumedAt));

/** Records how long an attempt took. One whose lease had run out was lost, and nobody knows when. */
function recordTimes({ former, endedAt }: EndedAttempt, after: Task, meter: Meter): void {
  if (endedAt > former.leaseExpiresAt || ('error' in after && RAN_NOTHING.has(after.error?.code ?? ''))) return;
  const milliseconds = Math.max(0, endedAt - former.startedAt);
  meter.record(former.type, 'execution', milliseconds);
  meter.record(former.type, 'timeoutUse', milliseconds / 10 / former.timeoutSeconds);
  if (after.status !== 'queued' && after.status !== 'waiting') meter.record(former.type, 'attempts', former.attempt);
}
