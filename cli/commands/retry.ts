import { clientOf } from '../api-command.ts';
import { changeByFilter, changingCommand, isByFilter } from '../change-by-filter.ts';
import { changeTasks } from '../change-tasks.ts';
import { ArgumentError, runnable } from '../npm-command.ts';
import { listOf, taskIdOf } from '../option-values.ts';
import { inputOf } from '../task-input.ts';

const retryCommand = changingCommand(
  'millrace retry',
  'Runs tasks again that failed or were cancelled, or all that fit a filter.',
)
  .option('--input <input>', 'with another input: JSON, or @file, or - for the standard input')
  .option('--subtasks <which>', 'of those that were fanned out: failed (default), all, or ids with commas between them')
  .action(async (ids, { input: given, subtasks: which, ...options }) => {
    if (given !== undefined && which !== undefined) {
      throw new ArgumentError('--input and --subtasks do not go together: another input makes other subtasks.');
    }
    const subtasks = which === undefined ? undefined : subtasksOf(which);
    const isForOne = given !== undefined || Array.isArray(subtasks);
    if (isForOne && ids.length !== 1) {
      throw new ArgumentError(`${given === undefined ? '--subtasks with ids' : '--input'} is for one task: give one.`);
    }
    const isFiltered = isByFilter(ids, options);
    if (isFiltered && which !== undefined) throw new ArgumentError('--subtasks goes with ids, and with no filter.');
    const input = given === undefined ? undefined : await inputOf(given);
    const client = await clientOf(options);
    if (isFiltered) await changeByFilter(client, 'retry', options);
    else await changeTasks(ids, (id) => client.retry(id, { input, subtasks }), options);
  });

const subtasksOf = (which: string): 'failed' | 'all' | readonly string[] =>
  which === 'failed' || which === 'all' ? which : listOf('subtasks')(which).map(taskIdOf);

/** Is the command `millrace retry`. */
export const retry = runnable(retryCommand);
