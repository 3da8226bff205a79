import { apiCommand, clientOf } from '../api-command.ts';
import { changeTasks } from '../change-tasks.ts';
import { runnable } from '../npm-command.ts';
import { taskIdsOf } from '../option-values.ts';

const retryCommand = apiCommand('millrace retry', 'Runs tasks again that failed or were cancelled.')
  .argument('<id...>', 'which tasks', taskIdsOf)
  .action(async (ids, options) => {
    const client = await clientOf(options);
    await changeTasks(ids, (id) => client.retry(id), options);
  });

/** Is the command `millrace retry`. */
export const retry = runnable(retryCommand);
