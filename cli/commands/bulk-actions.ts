import type { BulkAction } from '../../client/bulk-actions.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { progressText, showAccount } from '../change-by-filter.ts';
import { npmCommand, runnable } from '../npm-command.ts';
import { bulkActionIdOf, countOf } from '../option-values.ts';
import { timeText } from '../task-text.ts';
import { printFacts, printJson } from '../terminal/print.ts';
import { printListing } from '../terminal/print-listing.ts';

const HEADS = ['ID', 'ACTION', 'STATUS', 'MATCHED', 'DONE', 'REFUSED', 'CREATED'];

const list = apiCommand('list', 'Lists bulk actions, the newest first.')
  .option('--limit <count>', 'so many at most (default: 20)', countOf('limit'))
  .action(async ({ limit = 20, ...options }) => {
    const client = await clientOf(options);
    await printListing(client.bulkActions({ limit: Math.min(limit, 100) }), {
      count: limit,
      heads: HEADS,
      rowOf: ({ id, action, status, counts, createdAt }) => [
        ...[id, action, status],
        ...[counts.matched, counts.done, counts.refused].map(String),
        timeText(createdAt),
      ],
      json: options.json,
    });
  });

const get = apiCommand('get', 'Shows how far a bulk action is, and what it could not be done to.')
  .argument('<id>', 'which bulk action', bulkActionIdOf)
  .action(async (id, options) => show(await (await clientOf(options)).bulkAction(id), options));

const abort = apiCommand('abort', 'Ends a bulk action; what it has done stays done.')
  .argument('<id>', 'which bulk action', bulkActionIdOf)
  .action(async (id, options) => show(await (await clientOf(options)).abortBulkAction(id), options));

function show(action: BulkAction, { json }: { readonly json?: true | undefined }): void {
  if (json === true) {
    printJson(action);
    return;
  }
  printFacts({
    id: action.id,
    action: action.action,
    filter: JSON.stringify(action.filter),
    status: action.abortRequestedAt === undefined ? action.status : 'is to end',
    rate: `${action.ratePerSecond}/s`,
    created: timeText(action.createdAt),
    finished: action.finishedAt && timeText(action.finishedAt),
    progress: progressText(action),
  });
  showAccount(action);
}

const group = npmCommand('millrace bulk-actions', 'Shows and ends what is done to all tasks that fit a filter.')
  .addCommand(list, { isDefault: true })
  .addCommand(get)
  .addCommand(abort);

/** Is the command `millrace bulk-actions`. */
export const bulkActions = runnable(group);
