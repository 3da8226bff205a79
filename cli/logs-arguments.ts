import type { ResourceClass } from '../functions/contract.ts';
import { ArgumentError, npmCommand, optionWithDefault } from './npm-command.ts';
import { secondsOf } from './option-values.ts';

export const logsCommand = npmCommand('npm run logs --', 'Shows what executors have logged about tasks.')
  .option('--task <id>', 'only what is about this task', parseTaskIdOption)
  .option('--class <class>', 'only the executors of this class (default: all)')
  .addOption(optionWithDefault('--since <time>', 'how far back: a number of s, m, h or d', secondsOf('since'), '10m'))
  .option('--follow', 'go on with what is logged from now on, until Ctrl-C')
  .option('--local', 'of the cloud that npm start runs here, instead of the AWS of your environment')
  .option('--name <name>', 'the deployment', 'millrace');

export type LogsArguments = {
  readonly taskId: string | undefined;
  readonly resourceClass: ResourceClass | undefined;
  readonly sinceMilliseconds: number;
  readonly isFollowing: boolean;
  readonly isLocal: boolean;
  readonly deployment: string;
};

/** Reads the arguments behind `npm run logs --`. Throws `ArgumentError`. */
export function parseLogsArguments(args: readonly string[]): LogsArguments {
  const { task, class: resourceClass, since, follow, local, name } = logsCommand.parse(args, { from: 'user' }).opts();
  return {
    taskId: task,
    resourceClass,
    sinceMilliseconds: since * 1000,
    isFollowing: follow === true,
    isLocal: local === true,
    deployment: name,
  };
}

function parseTaskIdOption(text: string): string {
  if (/^[0-9A-Z]{26}-\d+$/.test(text)) return text;
  throw new ArgumentError(`--task "${text}" must be the id of a task, as the API gives it.`);
}
