import { ArgumentError, FLAG, parsedOptions, TEXT } from '../cli/command-line.ts';
import {
  longestAttemptSeconds,
  RESOURCE_CLASSES,
  type ResourceClass,
  SHARED_LANE_KINDS,
  type SharedLaneKind,
} from '../functions/contract.ts';
import type { Load, Spike } from './load.ts';
import type { Service } from './service.ts';
import { MILLISECOND, type Micros, SECOND } from './time.ts';

export const USAGE = `Usage: npm run plan -- --duration <time> (--rate <tasks>/s | --backlog <tasks>) [options]

What Millrace does with a load: how long tasks wait, how many executors run, when submits are refused, what a million tasks
cost, and what a month: what is fixed, and what comes with the load.

  --rate      tasks that are submitted: 2000/s, 500/min, 1000000/h
  --duration  what the handler takes for one task: 300ms, 2s, 1m
  --class     the tasks' resource class: ${RESOURCE_CLASSES.join(', ')} (default: default)
  --mix       how the tasks divide among lanes: high=10,normal=60,low=30 (default: normal=1)
  --for       how long submits go on (default: 1h, or 0s where there is only a backlog)
  --spike     a while of more: 10x@60s..120s; may be given several times
  --backlog   tasks that wait at the beginning
  --bulk      tasks of one submit, up to 1000 (default: 1)
  --spread    whether durations are all alike or exponentially distributed: fixed, exponential (default: fixed)
  --tenants   how many tenants the tasks are spread over; it chooses shards and tables (default: 1)
  --table-peak  write units a second that the tables have taken at their peak (default: 0, new tables)
  --cold-start  what a new environment takes before it begins (default: 800ms)
  --overhead  what claiming and settling add to a task (default: 15ms)
  --delivery  from a submit to its handler, where nothing has to wait (default: 30ms)
  --seed      of the random numbers: the same seed gives the same plan (default: 1)
  --context, -c  configuration of the deployment beside cdk.json, as for cdk deploy: -c preset=dev
  --json      the plan for machines
  --help      this text`;

/** What to plan. */
export type PlanArguments = {
  readonly resourceClass: ResourceClass;
  readonly load: Load;
  readonly service: Omit<Service, 'concurrencyPerInvocation'>;
  readonly tenants: number;
  readonly tablePeakPerSecond: number;
  readonly seed: number;
  readonly context: Readonly<Record<string, string>>;
  readonly json: boolean;
};

const OPTIONS = {
  rate: TEXT,
  duration: TEXT,
  class: { type: 'string', default: 'default' },
  mix: { type: 'string', default: 'normal=1' },
  for: TEXT,
  spike: { type: 'string', multiple: true, default: [] as string[] },
  backlog: { type: 'string', default: '0' },
  bulk: { type: 'string', default: '1' },
  spread: { type: 'string', default: 'fixed' },
  tenants: { type: 'string', default: '1' },
  'table-peak': { type: 'string', default: '0' },
  'cold-start': { type: 'string', default: '800ms' },
  overhead: { type: 'string', default: '15ms' },
  delivery: { type: 'string', default: '30ms' },
  seed: { type: 'string', default: '1' },
  context: { type: 'string', short: 'c', multiple: true, default: [] as string[] },
  json: FLAG,
} as const;

const LONGEST_SECONDS = 7 * 86_400;

/** Reads the arguments behind `npm run plan --`. Throws `ArgumentError`, in one sentence. */
export function parsePlanArguments(args: readonly string[]): PlanArguments {
  const values = parsedOptions(args, OPTIONS);
  const backlog = wholeNumber('backlog', values.backlog, 0, 100_000_000);
  if (values.duration === undefined) throw new ArgumentError('--duration is missing: write --duration 300ms.');
  if (values.rate === undefined && backlog === 0) {
    throw new ArgumentError('There is nothing to plan: give --rate 2000/s, --backlog 1000000, or both.');
  }
  const resourceClass = oneOf('class', values.class, RESOURCE_CLASSES);
  const lasting = timeOf('for', values.for ?? (values.rate === undefined ? '0s' : '1h'), 0, LONGEST_SECONDS);
  return {
    resourceClass,
    load: {
      tasksPerSecond: values.rate === undefined ? 0 : rateOf(values.rate),
      lasting,
      spikes: values.spike.map(spikeOf),
      backlog,
      mix: mixOf(values.mix),
      bulk: wholeNumber('bulk', values.bulk, 1, 1_000),
    },
    service: {
      duration: timeOf('duration', values.duration, 0.001, longestAttemptSeconds(resourceClass)),
      spread: oneOf('spread', values.spread, ['fixed', 'exponential']),
      coldStart: timeOf('cold-start', values['cold-start'], 0, 10),
      overhead: timeOf('overhead', values.overhead, 0, 10),
      delivery: timeOf('delivery', values.delivery, 0, 10),
    },
    tenants: wholeNumber('tenants', values.tenants, 1, 1_000_000),
    tablePeakPerSecond: wholeNumber('table-peak', values['table-peak'], 0, 1_000_000),
    seed: wholeNumber('seed', values.seed, 0, 2 ** 31 - 1),
    context: Object.fromEntries(values.context.map(contextOf)),
    json: values.json,
  };
}

const UNITS: Readonly<Record<string, Micros>> = {
  ms: MILLISECOND,
  s: SECOND,
  m: 60 * SECOND,
  min: 60 * SECOND,
  h: 3_600 * SECOND,
};

function timeOf(option: string, text: string, minSeconds: number, maxSeconds: number): Micros {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h)$/.exec(text.trim()) ?? [];
  const time = Math.round(Number(number) * (UNITS[unit] ?? Number.NaN));
  if (time >= minSeconds * SECOND && time <= maxSeconds * SECOND) return time;
  throw new ArgumentError(
    `--${option} "${text}" must be a time from ${minSeconds} s to ${maxSeconds} s, such as 300ms, 2s, 5m or 1h.`,
  );
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
  const [from, to] = [timeOf('spike', start, 0, LONGEST_SECONDS), timeOf('spike', end, 0, LONGEST_SECONDS)];
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

function contextOf(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new ArgumentError(`--context "${text}" must be name=value, as for cdk deploy.`);
  }
  return [name, value];
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text.replaceAll('_', ''));
  if (/^[\d_]+$/.test(text) && number >= min && number <= max) return number;
  throw new ArgumentError(`--${option} "${text}" must be a whole number from ${min} to ${max}.`);
}

function oneOf<T extends string>(option: string, text: string, known: readonly T[]): T {
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  throw new ArgumentError(`--${option} "${text}" must be one of ${known.join(', ')}.`);
}
