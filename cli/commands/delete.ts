import { apiCommand, clientOf } from '../api-command.ts';
import { changeTasks } from '../change-tasks.ts';
import { runnable } from '../npm-command.ts';
import { taskIdsOf } from '../option-values.ts';

const deleteCommand = apiCommand('millrace delete', 'Deletes tasks that have ended, with all that they had.')
  .argument('<id...>', 'which tasks', taskIdsOf)
  .action(async (ids, options) => {
    const client = await clientOf(options);
    await changeTasks(ids, (id) => client.deleteTask(id), options);
  });

/** Is the command `millrace delete`. */
export const deleteTasks = runnable(deleteCommand);
