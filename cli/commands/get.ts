import { compact } from '../../functions/core/compact.ts';
import { apiCommand, clientOf } from '../api-command.ts';
import { printAttempts, printLogs } from '../attempt-text.ts';
import { runnable } from '../npm-command.ts';
import { taskIdOf } from '../option-values.ts';
import { printTask } from '../task-text.ts';
import { printJson } from '../terminal/print.ts';

const getCommand = apiCommand('millrace get', 'Shows a task, with its input and what came of it.')
  .argument('<id>', 'which task', taskIdOf)
  .option('--attempts', 'each attempt as well, with what it failed by')
  .option('--logs', 'what was logged about it as well, for which the key has the scope operate')
  .action(async (id, options) => {
    const client = await clientOf(options);
    const task = await client.get(id);
    const attempts = options.attempts === true ? await client.attempts(id) : undefined;
    const logs = options.logs === true ? await allOf(client.logs(id, { limit: 100 })) : undefined;
    if (options.json === true) {
      printJson(compact({ ...task, attempts, logs }));
      return;
    }
    printTask(task);
    if (attempts !== undefined) printAttempts(attempts);
    if (logs !== undefined) printLogs(logs);
  });

async function allOf<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}

/** Is the command `millrace get`. */
export const get = runnable(getCommand);
