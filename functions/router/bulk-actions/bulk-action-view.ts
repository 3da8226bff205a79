import * as z from 'zod';
import { BULK_VERBS, type KeptBulkAction, type RefusalCode } from '../../core/bulk-action/bulk-action.ts';
import { abandoned, refusedIn } from '../../core/bulk-action/progress.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { isoTime } from '../../core/iso-time.ts';
import { parseTaskId, type TaskId } from '../../core/task/ids.ts';
import type { TaskStatus, TaskSummary } from '../../core/task/task.ts';
import type { TaskFilter } from '../../core/task/task-list.ts';
import { orUnavailable, Problem } from '../http/problem.ts';
import { type TaskFilterFields, taskFilterShape } from '../http/task-filter.ts';
import type { Caller, Parameter, Request, RouterPorts } from '../route.ts';

/** The status of a bulk action is that of the task that carries it out, by the words of who has asked for it. */
const STATUS_OF = {
  scheduled: 'running',
  queued: 'running',
  running: 'running',
  waiting: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'aborted',
} as const satisfies Record<TaskStatus, string>;

const count = () => z.int().min(0);

export const bulkCountsSchema = once(() =>
  z.strictObject({
    matched: count().describe('Tasks that it is about; while it is counted, those found so far'),
    done: count(),
    refused: count().describe('Those that it could not be done to. In the end the two make up `matched`'),
  }),
);

/** Describes a bulk action as the API shows it. */
export const bulkActionSchema = once(() => {
  const time = z.iso.datetime();
  return z
    .strictObject({
      id: z.string(),
      tenantId: z.string(),
      action: z.enum(BULK_VERBS),
      filter: z.strictObject(taskFilterShape()),
      status: z.enum(['running', 'succeeded', 'aborted', 'failed']),
      isCounted: z.boolean().describe('Whether `matched` is known: what matches is counted first'),
      counts: bulkCountsSchema(),
      refusals: z
        .array(z.strictObject({ code: z.string(), count: count(), exampleIds: z.array(z.string()) }))
        .describe('Why it could not be done to some, each with the first five of them'),
      ratePerSecond: z.int().min(1),
      createdAt: time,
      finishedAt: time.optional(),
      abortRequestedAt: time.optional().describe('It ends within some seconds'),
      taskId: z.string().describe('The task that carries it out'),
    })
    .meta({ id: 'BulkAction' });
});
export type BulkActionView = z.infer<ReturnType<typeof bulkActionSchema>>;

/** Shows a bulk action and how far it is. */
export function bulkActionView({ action, progress }: KeptBulkAction, task: TaskSummary): BulkActionView {
  const { matched, done, refusals, phase } = 'finishedAt' in task ? abandoned(progress) : progress;
  return compact({
    id: action.id as string,
    tenantId: action.tenantId as string,
    action: action.verb,
    filter: filterView(action.filter),
    status: STATUS_OF[task.status],
    isCounted: phase !== 'counting',
    counts: { matched, done, refused: refusedIn(refusals) },
    refusals: Object.entries(refusals).map(([code, refusal]) => ({
      code: code as RefusalCode,
      count: refusal.count,
      exampleIds: [...refusal.exampleIds],
    })),
    ratePerSecond: action.ratePerSecond,
    createdAt: isoTime(action.createdAt),
    finishedAt: 'finishedAt' in task ? isoTime(task.finishedAt) : undefined,
    abortRequestedAt:
      'cancelRequestedAt' in task && task.cancelRequestedAt !== undefined ? isoTime(task.cancelRequestedAt) : undefined,
    taskId: action.id as string,
  });
}

/** Shows a filter by the fields that make it. */
function filterView({ assignee, createdFrom, createdTo, ...rest }: TaskFilter): TaskFilterFields {
  return compact({
    ...rest,
    assigneeType: assignee?.type,
    assigneeId: assignee?.id,
    createdFrom: createdFrom === undefined ? undefined : isoTime(createdFrom),
    createdTo: createdTo === undefined ? undefined : isoTime(createdTo),
  });
}

export const bulkActionIdParameter: Parameter = {
  in: 'path',
  name: 'id',
  required: true,
  description: "The bulk action's id",
  schema: () => z.string(),
};

export const noSuchBulkAction = (): Problem => new Problem('not_found', 'there is no such bulk action');

/** Returns the id in the path. Throws the problem of one that cannot exist. */
export function parseBulkActionId({ parameters }: Request): TaskId {
  const id = parseTaskId(parameters.id ?? '');
  if (id === undefined) throw noSuchBulkAction();
  return id;
}

/** Reads a bulk action of the caller's tenant; `undefined` where it is not there, or not kept any more. */
export async function findBulkAction(
  id: TaskId,
  { tenantId }: Caller,
  { bulkActions, store, clock }: Pick<RouterPorts, 'bulkActions' | 'store' | 'clock'>,
): Promise<BulkActionView | undefined> {
  const [kept, task] = await orUnavailable(
    Promise.all([bulkActions.get(tenantId, id), store.get(tenantId, id, clock())]),
  );
  return kept && task && bulkActionView(kept, task);
}
