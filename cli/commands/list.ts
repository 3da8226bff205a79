import { clientOf } from '../api-command.ts';
import { ArgumentError, runnable } from '../npm-command.ts';
import { countOf, taskIdOf } from '../option-values.ts';
import { filteringCommand, taskFilterOf } from '../task-filter.ts';
import { headsOf, taskRow, timeText } from '../task-text.ts';
import { printListing } from '../terminal/print-listing.ts';

const listCommand = filteringCommand('millrace list', 'Lists tasks, the newest first.')
  .option('--limit <count>', 'so many at most (default: 20)', countOf('limit'))
  .option('--all', 'however many there are')
  .option('--parent <id>', 'the subtasks of a task instead', taskIdOf)
  .action(async (options) => {
    const { parent, all, limit } = options;
    if (all === true && limit !== undefined) throw new ArgumentError('--all and --limit say two numbers: give one.');
    const filter = taskFilterOf(options);
    if (parent !== undefined && Object.values(filter).some((value) => value !== undefined)) {
      throw new ArgumentError('--parent lists all subtasks of a task: leave out the filters.');
    }
    const client = await clientOf(options);
    const count = all === true ? Number.POSITIVE_INFINITY : (limit ?? 20);
    const page = { limit: Math.min(count, 100) };
    const listing = parent === undefined ? client.list({ ...filter, ...page }) : client.subtasks(parent, page);
    await printListing(listing, {
      count,
      heads: headsOf('CREATED'),
      rowOf: (task) => taskRow(task, timeText(task.createdAt)),
      json: options.json,
    });
  });

/** Is the command `millrace list`. */
export const list = runnable(listCommand);
