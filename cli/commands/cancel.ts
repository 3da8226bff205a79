import { clientOf } from '../api-command.ts';
import { changeByFilter, changingCommand, isByFilter } from '../change-by-filter.ts';
import { changeTasks } from '../change-tasks.ts';
import { runnable } from '../npm-command.ts';

const cancelCommand = changingCommand(
  'millrace cancel',
  'Cancels tasks, or all that fit a filter; one that runs ends within some seconds.',
).action(async (ids, options) => {
  const client = await clientOf(options);
  if (isByFilter(ids, options)) await changeByFilter(client, 'cancel', options);
  else await changeTasks(ids, (id) => client.cancel(id), options);
});

/** Is the command `millrace cancel`. */
export const cancel = runnable(cancelCommand);
