import { CONTEXT_FLAGS, type Context, withContext } from '../cli/context-option.ts';
import { ArgumentError, npmCommand, optionWithDefault } from '../cli/npm-command.ts';
import {
  longestAttemptSeconds,
  RESOURCE_CLASSES,
  type ResourceClass,
  SHARED_LANE_KINDS,
  type SharedLaneKind,
} from '../functions/contract.ts';
import type { Load, Spike } from './simulation/load.ts';
import type { Service } from './simulation/service.ts';
import { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from './time.ts';

/** What to plan. */
export type PlanArguments = {
  readonly resourceClass: ResourceClass;
  readonly load: Load;
  readonly service: Omit<Service, 'concurrencyPerInvocation'>;
  readonly tenants: number;
  readonly tablePeakPerSecond: number;
  readonly seed: number;
  readonly context: Context;
  readonly json: boolean;
};

const UNITS: Readonly<Record<string, Micros>> = {
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  min: MINUTE,
  h: HOUR,
};

const LONGEST_SECONDS = 7 * 86_400;

export const planCommand = npmCommand(
  'npm run plan --',
  'Says what Millrace does with a load: how long tasks wait, how many executors run, when submits are refused, what a million tasks cost, and what a month: what is fixed, and what comes with the load.',
)
  .usage('--duration <time> (--rate <tasks> | --backlog <tasks>) [options]')
  .option('--rate <tasks>', 'tasks that are submitted: 2000/s, 500/min, 1000000/h', rateOf)
  .option('--duration <time>', 'what the handler takes for one task: 300ms, 2s, 1m')
  .addOption(
    optionWithDefault(
      '--class <class>',
      `the tasks' resource class: ${RESOURCE_CLASSES.join(', ')}`,
      oneOf('class', RESOURCE_CLASSES),
      'default',
    ),
  )
  .addOption(
    optionWithDefault(
      '--mix <lane=share,...>',
      'how the tasks divide among lanes: high=10,normal=60,low=30',
      mixOf,
      'normal=1',
    ),
  )
  .option(
    '--for <time>',
    'how long submits go on (default: 1h, or 0s where there is only a backlog)',
    timeBetween('for', 0, LONGEST_SECONDS),
  )
  .option(
    '--spike <spike>',
    'a while of more: 10x@60s..120s; may be given several times',
    (text, before: readonly Spike[] = []) => [...before, spikeOf(text)],
  )
  .addOption(
    optionWithDefault(
      '--backlog <tasks>',
      'tasks that wait at the beginning',
      wholeNumber('backlog', 0, 100_000_000),
      '0',
    ),
  )
  .addOption(optionWithDefault('--bulk <tasks>', 'tasks of one submit, up to 1000', wholeNumber('bulk', 1, 1_000), '1'))
  .addOption(
    optionWithDefault(
      '--spread <spread>',
      'whether durations are all alike or exponentially distributed: fixed, exponential',
      oneOf('spread', ['fixed', 'exponential']),
      'fixed',
    ),
  )
  .addOption(
    optionWithDefault(
      '--tenants <count>',
      'how many tenants the tasks are spread over; it chooses shards and tables',
      wholeNumber('tenants', 1, 1_000_000),
      '1',
    ),
  )
  .addOption(
    optionWithDefault(
      '--table-peak <units>',
      'write units a second that the tables have taken at their peak; 0 for new tables',
      wholeNumber('table-peak', 0, 1_000_000),
      '0',
    ),
  )
  .addOption(
    optionWithDefault(
      '--cold-start <time>',
      'what a new environment takes before it begins',
      timeBetween('cold-start', 0, 10),
      '800ms',
    ),
  )
  .addOption(
    optionWithDefault(
      '--overhead <time>',
      'what claiming and settling add to a task',
      timeBetween('overhead', 0, 10),
      '15ms',
    ),
  )
  .addOption(
    optionWithDefault(
      '--delivery <time>',
      'from a submit to its handler, where nothing has to wait',
      timeBetween('delivery', 0, 10),
      '30ms',
    ),
  )
  .addOption(
    optionWithDefault(
      '--seed <number>',
      'of the random numbers: the same seed gives the same plan',
      wholeNumber('seed', 0, 2 ** 31 - 1),
      '1',
    ),
  )
  .option(
    CONTEXT_FLAGS,
    'configuration of the deployment beside cdk.json, as for cdk deploy: -c preset=dev',
    withContext,
  )
  .option('--json', 'show the plan for machines');

/** Reads the arguments behind `npm run plan --`. Throws `ArgumentError`, in one sentence. */
export function parsePlanArguments(args: readonly string[]): PlanArguments {
  const options = planCommand.parse(args, { from: 'user' }).opts();
  const { class: resourceClass, rate, backlog, duration, mix, bulk, spike = [] } = options;
  if (duration === undefined) throw new ArgumentError('--duration is missing: write --duration 300ms.');
  if (rate === undefined && backlog === 0) {
    throw new ArgumentError('There is nothing to plan: give --rate 2000/s, --backlog 1000000, or both.');
  }
  return {
    resourceClass,
    load: {
      tasksPerSecond: rate ?? 0,
      lasting: options.for ?? (rate === undefined ? 0 : HOUR),
      spikes: spike,
      backlog,
      mix,
      bulk,
    },
    service: {
      duration: timeBetween('duration', 0.001, longestAttemptSeconds(resourceClass))(duration),
      spread: options.spread,
      coldStart: options.coldStart,
      overhead: options.overhead,
      delivery: options.delivery,
    },
    tenants: options.tenants,
    tablePeakPerSecond: options.tablePeak,
    seed: options.seed,
    context: options.context ?? {},
    json: options.json === true,
  };
}

function timeBetween(option: string, minSeconds: number, maxSeconds: number): (text: string) => Micros {
  return (text) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text.trim()) ?? [];
    const time = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
    if (time >= minSeconds * SECOND && time <= maxSeconds * SECOND) return time;
    throw new ArgumentError(
      `--${option} "${text}" must be a time from ${minSeconds} s to ${maxSeconds} s, such as 300ms, 2s, 5m or 1h.`,
    );
  };
}

function rateOf(text: string): number {
  const [, number, unit = ''] = /^([\d_.]+)\/(s|m|min|h)$/.exec(text.trim()) ?? [];
  const tasksPerSecond = Number(number?.replaceAll('_', '')) / ((UNITS[unit] ?? Number.NaN) / SECOND);
  if (tasksPerSecond > 0 && tasksPerSecond <= 1_000_000) return tasksPerSecond;
  throw new ArgumentError(`--rate "${text}" must be tasks by time, up to 1000000/s: 2000/s, 500/min or 10000/h.`);
}

function spikeOf(text: string): Spike {
  const [, factor, start, end] = /^(\d+(?:\.\d+)?)x@(.+?)\.\.(.+)$/.exec(text.trim()) ?? [];
  if (factor === undefined || start === undefined || end === undefined) {
    throw new ArgumentError(
      `--spike "${text}" must say how many times the rate, and from when to when: 10x@60s..120s.`,
    );
  }
  const timeOf = timeBetween('spike', 0, LONGEST_SECONDS);
  const from = timeOf(start);
  const to = timeOf(end);
  if (from >= to) throw new ArgumentError(`--spike "${text}" must end after it begins.`);
  return { factor: Number(factor), from, to };
}

function mixOf(text: string): Readonly<Partial<Record<SharedLaneKind, number>>> {
  const parts = text.split(',').map((part): readonly [SharedLaneKind, number] => {
    const [, name = '', share] = /^\s*([a-z]+)=(\d+(?:\.\d+)?)\s*$/.exec(part) ?? [];
    const kind = SHARED_LANE_KINDS.find((known) => known === name);
    if (kind !== undefined && share !== undefined) return [kind, Number(share)];
    throw new ArgumentError(
      `--mix "${text}" must give lanes (${SHARED_LANE_KINDS.join(', ')}) a number each: high=10,low=30.`,
    );
  });
  const sum = parts.reduce((total, [, share]) => total + share, 0);
  if (new Set(parts.map(([kind]) => kind)).size < parts.length) {
    throw new ArgumentError(`--mix "${text}" names a lane twice.`);
  }
  if (sum === 0) throw new ArgumentError(`--mix "${text}" gives no lane anything.`);
  return Object.fromEntries(parts.map(([kind, share]) => [kind, share / sum]));
}

function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text.replaceAll('_', ''));
    if (/^[\d_]+$/.test(text) && number >= min && number <= max) return number;
    throw new ArgumentError(`--${option} "${text}" must be a whole number from ${min} to ${max}.`);
  };
}

function oneOf<const T extends string>(option: string, known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((name) => name === text);
    if (found !== undefined) return found;
    throw new ArgumentError(`--${option} "${text}" must be one of ${known.join(', ')}.`);
  };
}
