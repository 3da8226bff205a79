import { apiCommand, clientOf } from '../api-command.ts';
import { runnable } from '../npm-command.ts';
import { secondsOf, taskIdOf } from '../option-values.ts';
import { showOutcome } from '../outcome.ts';

const waitCommand = apiCommand('millrace wait', 'Waits until a task has ended, and prints its output.')
  .argument('<id>', 'which task', taskIdOf)
  .option('--timeout <time>', 'how long (default: 5m)', secondsOf('timeout'))
  .action(async (id, options) => showOutcome(await clientOf(options), id, options));

/** Is the command `millrace wait`. */
export const wait = runnable(waitCommand);
