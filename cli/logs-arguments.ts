import type { ResourceClass } from '../functions/contract.ts';
import { ArgumentError, npmCommand, optionWithDefault } from './npm-command.ts';

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const logsCommand = npmCommand('npm run logs --', 'Shows what executors have logged about tasks.')
  .option('--task <id>', 'only what is about this task', parseTaskIdOption)
  .option('--class <class>', 'only the executors of this class (default: all)')
  .addOption(optionWithDefault('--since <time>', 'how far back: a number of s, m, h or d', millisecondsOf, '10m'))
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
    sinceMilliseconds: since,
    isFollowing: follow === true,
    isLocal: local === true,
    deployment: name,
  };
}

function parseTaskIdOption(text: string): string {
  if (/^[0-9A-Z]{26}-\d+$/.test(text)) return text;
  throw new ArgumentError(`--task "${text}" must be the id of a task, as the API gives it.`);
}

function millisecondsOf(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const each = UNIT_MILLISECONDS[unit];
  if (each !== undefined) return Number(count) * each;
  throw new ArgumentError(`--since "${text}" must be a number of s, m, h or d: 90s, 10m, 2h.`);
}
