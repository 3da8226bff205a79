import * as z from 'zod';
import {
  BULK_ACTION_TYPE,
  BULK_VERBS,
  type BulkAction,
  type BulkVerb,
  bulkActionTask,
  filterFor,
  type KeptBulkAction,
  NO_PROGRESS,
  statusesFor,
} from '../../core/bulk-action/bulk-action.ts';
import { compact } from '../../core/compact.ts';
import { once } from '../../core/concurrency.ts';
import { newTableShardOf } from '../../core/lane/routing.ts';
import { taskIdOf, uniqueFromKey } from '../../core/task/ids.ts';
import { keptUntil } from '../../core/task/payload.ts';
import { isFinished, type Task } from '../../core/task/task.ts';
import type { TaskFilter } from '../../core/task/task-list.ts';
import { parseBody } from '../http/body.ts';
import { type FieldError, fieldErrors, orUnavailable, Problem } from '../http/problem.ts';
import { taskFilterOf, taskFilterSchema } from '../http/task-filter.ts';
import type { Caller, Request, Response, Route, RouterPorts } from '../route.ts';
import { idempotencyKeyOf, idempotencyKeyParameter } from '../submit/submit-schema.ts';
import { bulkActionSchema, bulkCountsSchema, findBulkAction } from './bulk-action-view.ts';
import { BULK_ACTIONS } from './read-bulk-actions.ts';

/** A tenant has so many under way at a time: each goes at a rate of its own. */
const MAX_UNDER_WAY = 5;

/** So many of the newest are looked at for those that are under way. */
const EXAMINED = 100;

/** It goes at this rate, or the deployment's greatest, unless another is asked for. */
const USUAL_RATE = 50;

const bodySchema = once(() =>
  z.strictObject({
    action: z.enum(BULK_VERBS).describe('`delete` takes the scope `admin` as well'),
    filter: taskFilterSchema().describe(
      'To which tasks: to those that exist and fit. Without a status, a retry is of those that failed, a ' +
        'cancel of all that are open, and a delete of all that have ended',
    ),
    dryRun: z.boolean().optional().describe('Only count them'),
    ratePerSecond: z
      .int()
      .min(1)
      .optional()
      .describe(`Do it to so many tasks a second, at most; ${USUAL_RATE} unless given`),
  }),
);

const dryRunSchema = once(() =>
  z
    .strictObject({
      counts: bulkCountsSchema(),
      isExact: z.boolean().describe('Whether there are no more: a count goes to 10,000 tasks'),
    })
    .meta({ id: 'BulkActionCount' }),
);

export const createBulkAction: Route = {
  operationId: 'createBulkAction',
  summary: 'Retry, cancel or delete all tasks that fit a filter',
  parameters: [idempotencyKeyParameter],
  requestBody: bodySchema,
  response: {
    status: 202,
    description: 'The bulk action, which counts what matches, and then works through it at its rate',
    schema: bulkActionSchema,
    headers: {
      Location: 'The path of the bulk action',
      'Idempotent-Replayed': '`true` where the key had been used: the bulk action is that of the first request',
    },
  },
  otherResponses: [
    {
      status: 200,
      description: 'With `dryRun`: how many tasks it would be done to; nothing is',
      schema: dryRunSchema,
      example: { counts: { matched: 9_998, done: 0, refused: 0 }, isExact: true },
    },
  ],
  problems: [
    ...(['invalid_request', 'idempotency_conflict', 'invalid_status', 'payload_too_large'] as const),
    ...(['unsupported_media_type', 'unavailable'] as const),
  ],

  async handle(request, caller, ports) {
    const key = idempotencyKeyOf(request);
    const terms = parseTerms(request, ports);
    if (terms.verb === 'delete' && !caller.scopes.includes('admin')) {
      throw new Problem('missing_scope', 'to delete tasks by a filter needs a key with the scope admin as well');
    }
    if (terms.dryRun) return countOnly(terms, caller, ports);
    const action = actionOf(terms, key, caller, ports);
    const earlier =
      key === undefined ? undefined : await orUnavailable(ports.bulkActions.get(action.tenantId, action.id));
    const kept = earlier ?? (await create(action, ports));
    checkSame(kept.action, action);
    // What was asked for so long ago may not begin once more.
    if (action.createdAt - kept.action.createdAt >= ports.retentionDays * 86_400_000) throw notKept();
    await start(kept, ports);
    const body = await findBulkAction(action.id, caller, ports);
    if (body === undefined) throw notKept();
    const isReplay = kept.action !== action;
    return {
      status: 202,
      headers: compact({
        location: `/api/bulk-actions/${action.id}`,
        'idempotent-replayed': isReplay ? 'true' : undefined,
      }),
      body,
    };
  },
};

type Terms = Pick<BulkAction, 'verb' | 'filter' | 'ratePerSecond'> & { readonly dryRun: boolean };

/** Reads what is asked for. Throws the problem that names all that is wrong with it. */
function parseTerms(request: Request, { bulkRatePerSecond: most }: RouterPorts): Terms {
  const { value, numberErrors } = parseBody(request);
  const parsed = bodySchema().safeParse(value);
  const errors = [...numberErrors, ...(parsed.success ? [] : fieldErrors(parsed.error.issues))];
  if (parsed.success) {
    const { action, filter, ratePerSecond = 0 } = parsed.data;
    errors.push(...filterErrors(action, filter));
    if (ratePerSecond > most) {
      errors.push({ field: '/ratePerSecond', message: `must be at most ${most}, the deployment's bulkRatePerSecond` });
    }
  }
  if (!parsed.success || errors.length > 0) {
    throw new Problem('invalid_request', 'the bulk action cannot be accepted as it is', { errors });
  }
  const { action: verb, dryRun = false, ratePerSecond = Math.min(USUAL_RATE, most) } = parsed.data;
  return { verb, filter: filterFor(verb, taskFilterOf(parsed.data.filter)), dryRun, ratePerSecond };
}

function filterErrors(verb: BulkVerb, filter: z.infer<ReturnType<typeof taskFilterSchema>>): FieldError[] {
  if (Object.values(filter).every((field) => field === undefined)) {
    const advice = 'set type, status, createdFrom, createdTo or another field: an empty filter would mean all tasks';
    return [{ field: '/filter', message: advice }];
  }
  const { status } = filter;
  if (status === undefined || statusesFor(verb).includes(status)) return [];
  const possible = statusesFor(verb).join(', ');
  return [{ field: '/filter/status', message: `a ${verb} is of tasks that are one of ${possible}` }];
}

/** Counts what a bulk action would be done to. */
async function countOnly({ verb, filter }: Terms, { tenantId }: Caller, ports: RouterPorts): Promise<Response> {
  const count = (of: TaskFilter) => orUnavailable(ports.store.count({ tenantId, filter: of }, ports.clock()));
  const { byStatus, isExact } = await count(filter);
  // It is about no other of its kind, which a filter without a type finds, too.
  const { type = BULK_ACTION_TYPE } = filter;
  const own = type === BULK_ACTION_TYPE ? (await count({ ...filter, type })).byStatus : undefined;
  const matched = statusesFor(verb).reduce((sum, status) => sum + byStatus[status] - (own?.[status] ?? 0), 0);
  return { status: 200, body: { counts: { matched, done: 0, refused: 0 }, isExact }, changesNothing: true };
}

/** Makes the bulk action that is asked for. Its id derives from the key, which has a line break no other has. */
function actionOf(terms: Terms, key: string | undefined, { tenantId }: Caller, ports: RouterPorts): BulkAction {
  const { dryRun: _, ...asked } = terms;
  const createdAt = ports.clock();
  const unique = key === undefined ? ports.ids.unique(createdAt) : uniqueFromKey(tenantId, `bulk-action\n${key}`);
  return {
    ...asked,
    id: taskIdOf(unique, newTableShardOf({ tenantId }, true, ports.tableShards)),
    tenantId,
    createdAt,
  };
}

/** Writes down a new bulk action, or returns the one that another request of its key has just made. */
async function create(action: BulkAction, ports: RouterPorts): Promise<KeptBulkAction> {
  const { tenantId, createdAt } = action;
  const { tasks } = await orUnavailable(
    ports.store.list({ tenantId, filter: BULK_ACTIONS, limit: EXAMINED }, createdAt),
  );
  if (tasks.filter((task) => !isFinished(task as Task)).length >= MAX_UNDER_WAY) {
    const advice = 'wait for one to end, or abort it';
    throw new Problem('invalid_status', `${MAX_UNDER_WAY} bulk actions are under way, which is the most: ${advice}`);
  }
  const created = await orUnavailable(ports.bulkActions.create(action, keptUntil(createdAt, ports.retentionDays)));
  return created === 'created' ? { action, progress: NO_PROGRESS } : created;
}

/** Throws the problem of a key that was used for something else. */
function checkSame(kept: BulkAction, asked: BulkAction): void {
  const termsOf = ({ verb, filter, ratePerSecond }: BulkAction): string =>
    JSON.stringify([verb, filter, ratePerSecond]);
  if (termsOf(kept) === termsOf(asked)) return;
  throw new Problem('idempotency_conflict', `this Idempotency-Key belongs to another request: bulk action ${kept.id}`);
}

const notKept = (): Problem =>
  new Problem(
    'idempotency_conflict',
    'this Idempotency-Key belongs to a bulk action that is not kept any more: use another',
  );

/**
 * Makes the task that carries a bulk action out, unless it is there, and has it begun. The task is held, so that nothing sends it to a
 * lane. Where nobody can be called now, the sweeper calls within a minute.
 */
async function start({ action, progress }: KeptBulkAction, ports: RouterPorts): Promise<void> {
  if (progress.phase === 'ended') return;
  await orUnavailable(ports.store.hold(bulkActionTask(action), ports.clock()));
  try {
    await ports.startBulkActions();
  } catch (error) {
    ports.log('warn', 'bulk action not begun: the sweeper will', { action_id: action.id, reason: String(error) });
  }
}
