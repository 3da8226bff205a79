import { clientOf } from '../api-command.ts';
import { changeByFilter, changingCommand, isByFilter } from '../change-by-filter.ts';
import { changeTasks } from '../change-tasks.ts';
import { runnable } from '../npm-command.ts';

const retryCommand = changingCommand(
  'millrace retry',
  'Runs tasks again that failed or were cancelled, or all that fit a filter.',
).action(async (ids, options) => {
  const client = await clientOf(options);
  if (isByFilter(ids, options)) await changeByFilter(client, 'retry', options);
  else await changeTasks(ids, (id) => client.retry(id), options);
});

/** Is the command `millrace retry`. */
export const retry = runnable(retryCommand);
