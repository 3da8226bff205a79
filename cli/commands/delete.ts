import { clientOf } from '../api-command.ts';
import { changeByFilter, changingCommand, isByFilter } from '../change-by-filter.ts';
import { changeTasks } from '../change-tasks.ts';
import { runnable } from '../npm-command.ts';

const deleteCommand = changingCommand(
  'millrace delete',
  'Deletes tasks that have ended, with all that they had, or all that fit a filter.',
).action(async (ids, options) => {
  const client = await clientOf(options);
  if (isByFilter(ids, options)) await changeByFilter(client, 'delete', options);
  else await changeTasks(ids, (id) => client.deleteTask(id), options);
});

/** Is the command `millrace delete`. */
export const deleteTasks = runnable(deleteCommand);
