import { RESOURCE_CLASSES, type ResourceClass } from '../functions/contract.ts';
import { ArgumentError, FLAG, parsedOptions, TEXT } from './command-line.ts';

export const USAGE = `Usage: npm run logs -- [--task <id>] [--class <class>] [--since <10m>] [--follow] [--local]

  --task    only what is about this task
  --class   only the executors of this class: ${RESOURCE_CLASSES.join(', ')} (default: all)
  --since   how far back: a number of s, m, h or d (default: 10m)
  --follow  go on with what is logged from now on, until Ctrl-C
  --local   of the cloud that npm start runs here, instead of the AWS of your environment
  --name    the deployment (default: millrace)`;

export type LogsArguments = {
  readonly taskId: string | undefined;
  readonly resourceClass: ResourceClass | undefined;
  readonly sinceMilliseconds: number;
  readonly isFollowing: boolean;
  readonly isLocal: boolean;
  readonly deployment: string;
};

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads the arguments behind `npm run logs --`. Throws `ArgumentError`. */
export function parseLogsArguments(args: readonly string[]): LogsArguments {
  const options = { task: TEXT, class: TEXT, since: TEXT, name: TEXT, follow: FLAG, local: FLAG };
  const values = parsedOptions(args, options);
  return {
    taskId: taskIdIn(values.task),
    resourceClass: classOf(values.class),
    sinceMilliseconds: millisecondsOf(values.since ?? '10m'),
    isFollowing: values.follow,
    isLocal: values.local,
    deployment: values.name ?? 'millrace',
  };
}

function taskIdIn(text: string | undefined): string | undefined {
  if (text === undefined || /^[0-9A-Z]{26}-\d+$/.test(text)) return text;
  throw new ArgumentError(`--task "${text}" must be the id of a task, as the API gives it.`);
}

function classOf(text: string | undefined): ResourceClass | undefined {
  const found = RESOURCE_CLASSES.find((name) => name === text);
  if (text === undefined || found !== undefined) return found;
  throw new ArgumentError(`--class knows no "${text}"; there are ${RESOURCE_CLASSES.join(', ')}.`);
}

function millisecondsOf(text: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(text) ?? [];
  const each = UNIT_MILLISECONDS[unit];
  if (each !== undefined) return Number(count) * each;
  throw new ArgumentError(`--since "${text}" must be a number of s, m, h or d: 90s, 10m, 2h.`);
}
