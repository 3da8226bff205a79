import { orUnavailable, Problem } from '../http/problem.ts';
import type { Route } from '../route.ts';
import {
  bulkActionIdParameter,
  bulkActionSchema,
  bulkActionView,
  noSuchBulkAction,
  parseBulkActionId,
} from './bulk-action-view.ts';

export const abortBulkAction: Route = {
  operationId: 'abortBulkAction',
  summary: 'End a bulk action; what it has done stays done',
  parameters: [bulkActionIdParameter],
  response: {
    status: 202,
    description:
      'The bulk action: aborted, or with `abortRequestedAt`, after which it does the step under way and no other',
    schema: bulkActionSchema,
  },
  problems: ['not_found', 'invalid_status', 'unavailable'],

  async handle(request, { tenantId }, { store, bulkActions, clock }) {
    const id = parseBulkActionId(request);
    const kept = await orUnavailable(bulkActions.get(tenantId, id));
    if (kept === undefined) throw noSuchBulkAction();
    const end = await orUnavailable(store.cancel(tenantId, id, clock()));
    if (end.result === 'missing') throw noSuchBulkAction();
    if (end.result === 'finished') {
      throw new Problem('invalid_status', 'the bulk action has ended: there is nothing to abort');
    }
    return { status: 202, body: bulkActionView(kept, end.task) };
  },
};
