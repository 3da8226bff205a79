const bulkAction = {
  id: '01KB59FY2W7V3R9TQ6M2DXHCEK-0',
  tenantId: 'acme',
  action: 'retry',
  filter: { status: 'failed', type: 'markdown.render', createdFrom: '2026-11-28T08:00:00.000Z' },
  status: 'running',
  isCounted: true,
  counts: { matched: 10_000, done: 4_350, refused: 2 },
  refusals: [{ code: 'subtask', count: 2, exampleIds: ['01KB59FY21NP7H6QB49KRATWQ0-0'] }],
  ratePerSecond: 50,
  createdAt: '2026-11-28T09:30:00.000Z',
  taskId: '01KB59FY2W7V3R9TQ6M2DXHCEK-0',
};
const asked = { isCounted: false, counts: { matched: 0, done: 0, refused: 0 }, refusals: [] };

/** Shows the bodies of a bulk action that is asked for. */
export const bulkActionBodies = {
  'retry what failed': { action: 'retry', filter: bulkAction.filter, ratePerSecond: 50 },
  'how many that are': { action: 'retry', filter: bulkAction.filter, dryRun: true },
  'cancel what waits': { action: 'cancel', filter: { type: 'markdown.render', status: 'queued' } },
};

/** Shows what the operations of bulk actions answer. */
export const bulkActionAnswers = {
  createBulkAction: { ...bulkAction, ...asked },
  listBulkActions: { items: [bulkAction], nextCursor: null },
  getBulkAction: bulkAction,
  abortBulkAction: { ...bulkAction, abortRequestedAt: '2026-11-28T09:31:00.000Z' },
};
