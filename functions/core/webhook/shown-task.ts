import { queueNameOf } from '../../contract.ts';
import { compact } from '../compact.ts';
import { isoTime } from '../iso-time.ts';
import { statusAt, type TaskSummary } from '../task/task.ts';
import { traceIdOf } from '../task/trace-header.ts';

/** Tells a view where and when it is made. */
export type Viewer = { readonly queueNamePrefix: string; readonly clock: () => number };

/** Shows a task without its payloads, as the API and webhooks do. */
export function shownTask(task: TaskSummary, { queueNamePrefix, clock }: Viewer) {
  const { id, tenantId, type, priority, attempt, maxAttempts, timeoutSeconds, executorKey } = task;
  return compact({
    id: id as string,
    tenantId: tenantId as string,
    type,
    priority,
    status: statusAt(task, clock()),
    attempt,
    maxAttempts,
    timeoutSeconds,
    error: 'error' in task ? task.error : undefined,
    assignee: task.assignee,
    workflowInstanceId: task.workflowInstanceId,
    tags: task.tags && [...task.tags],
    parentId: task.parent?.id as string | undefined,
    schedule: task.schedule && { id: task.schedule.id as string, time: isoTime(task.schedule.time) },
    subtaskCount: task.fanOut?.count,
    progress: 'progress' in task && task.progress !== undefined ? { ...task.progress } : undefined,
    executorKey,
    queueName: queueNamePrefix + queueNameOf(executorKey),
    createdAt: isoTime(task.createdAt),
    runAt: timeIfAny('notBefore' in task ? task.notBefore : task.runAt),
    startedAt: timeIfAny('startedAt' in task ? task.startedAt : undefined),
    finishedAt: timeIfAny('finishedAt' in task ? task.finishedAt : undefined),
    cancelRequestedAt: timeIfAny('cancelRequestedAt' in task ? task.cancelRequestedAt : undefined),
    traceId: traceIdOf(task.traceHeader),
  });
}

const timeIfAny = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined ? undefined : isoTime(milliseconds);
