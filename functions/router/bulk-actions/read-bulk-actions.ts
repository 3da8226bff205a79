import * as z from 'zod';
import { BULK_ACTION_TYPE } from '../../core/bulk-action/bulk-action.ts';
import { once } from '../../core/concurrency.ts';
import { cursorOf, parseCursor, type TaskFilter } from '../../core/task/task-list.ts';
import { pageOf, pageParameters, pageShape, parseQuery, placeBehind } from '../http/page.ts';
import { orUnavailable } from '../http/problem.ts';
import type { Route } from '../route.ts';
import {
  bulkActionIdParameter,
  bulkActionSchema,
  bulkActionView,
  findBulkAction,
  noSuchBulkAction,
  parseBulkActionId,
} from './bulk-action-view.ts';

/** Lists the tasks that carry out bulk actions. */
export const BULK_ACTIONS: TaskFilter = { type: BULK_ACTION_TYPE };

const querySchema = once(() => z.strictObject(pageShape()));

export const listBulkActions: Route = {
  operationId: 'listBulkActions',
  summary: 'List bulk actions, newest first',
  parameters: pageParameters,
  response: {
    status: 200,
    description: 'A page; the last where nextCursor is null. They are kept as long as tasks are',
    schema: () => pageOf(bulkActionSchema()),
  },
  problems: ['invalid_request', 'unavailable'],

  async handle(request, { tenantId }, { store, bulkActions, clock }) {
    const { limit, cursor } = parseQuery(querySchema(), request);
    const after = placeBehind(cursor, (text) => parseCursor(tenantId, BULK_ACTIONS, text));
    const page = await orUnavailable(store.list({ tenantId, filter: BULK_ACTIONS, limit, after }, clock()));
    const kept = await orUnavailable(
      bulkActions.getAll(
        tenantId,
        page.tasks.map(({ id }) => id),
      ),
    );
    const byId = new Map(kept.map((one) => [one.action.id, one]));
    return {
      status: 200,
      body: {
        items: page.tasks.flatMap((task) => {
          const one = byId.get(task.id);
          return one === undefined ? [] : [bulkActionView(one, task)];
        }),
        nextCursor: page.next === undefined ? null : cursorOf(tenantId, BULK_ACTIONS, page.next),
      },
    };
  },
};

export const getBulkAction: Route = {
  operationId: 'getBulkAction',
  summary: 'Read how far a bulk action is, and what it could not be done to',
  parameters: [bulkActionIdParameter],
  response: { status: 200, description: 'The bulk action', schema: bulkActionSchema },
  problems: ['not_found', 'unavailable'],

  async handle(request, caller, ports) {
    const found = await findBulkAction(parseBulkActionId(request), caller, ports);
    if (found === undefined) throw noSuchBulkAction();
    return { status: 200, body: found };
  },
};
