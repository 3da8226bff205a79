import { apiCommand, clientOf } from '../api-command.ts';
import { changeTasks } from '../change-tasks.ts';
import { runnable } from '../npm-command.ts';
import { taskIdsOf } from '../option-values.ts';

const cancelCommand = apiCommand('millrace cancel', 'Cancels tasks; one that runs ends within some seconds.')
  .argument('<id...>', 'which tasks', taskIdsOf)
  .action(async (ids, options) => {
    const client = await clientOf(options);
    await changeTasks(ids, (id) => client.cancel(id), options);
  });

/** Is the command `millrace cancel`. */
export const cancel = runnable(cancelCommand);
