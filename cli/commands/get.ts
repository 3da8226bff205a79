import { apiCommand, clientOf } from '../api-command.ts';
import { runnable } from '../npm-command.ts';
import { taskIdOf } from '../option-values.ts';
import { printTask } from '../task-text.ts';
import { printJson } from '../terminal/print.ts';

const getCommand = apiCommand('millrace get', 'Shows a task, with its input and what came of it.')
  .argument('<id>', 'which task', taskIdOf)
  .action(async (id, options) => {
    const task = await (await clientOf(options)).get(id);
    if (options.json === true) printJson(task);
    else printTask(task);
  });

/** Is the command `millrace get`. */
export const get = runnable(getCommand);
