import { CONTEXT_FLAGS, type Context, withContext } from '../cli/context-option.ts';
import { ArgumentError, npmCommand, optionWithDefault } from '../cli/npm-command.ts';

import { RESOURCE_CLASSES, type ResourceClass } from '../functions/contract.ts';
import { MAX_TAGS } from '../functions/core/task/tag-index.ts';
import { classOf } from '../functions/resource-classes.ts';
import type { DeployConfig } from '../lib/config.ts';
import { deployConfig } from './deployment.ts';
import { LONGEST_SECONDS, mixOf, oneOf, rateOf, spikeOf, timeBetween, waitedOf, wholeNumber } from './option-values.ts';
import type { Load, Spike } from './simulation/load.ts';
import type { Service } from './simulation/service.ts';
import { HOUR, type Micros } from './time.ts';

/** What to plan. */
export type PlanArguments = {
  readonly resourceClass: ResourceClass;
  readonly load: Load;
  readonly service: Omit<Service, 'concurrencyPerInvocation'>;
  readonly tenants: number;
  /** The share of the tasks that callers wait for, and after how long they give up. */
  readonly waiting: { readonly share: number; readonly longest: Micros | undefined } | undefined;
  /** How many tags each task has. */
  readonly tags: number;
  readonly tablePeakPerSecond: number;
  readonly seed: number;
  readonly context: Context;
  readonly json: boolean;
};

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
      `the tasks' resource class: ${RESOURCE_CLASSES.join(', ')}, or one of the deployment's own`,
      (text) => text,
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
  .addOption(optionWithDefault('--tags <count>', 'tags of each task', wholeNumber('tags', 0, MAX_TAGS), '0'))
  .option(
    '--waited <share>',
    'tasks whose ends callers wait for: 20%, or 20%@10s where they give up after so long (default: none)',
    waitedOf,
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
  .option(CONTEXT_FLAGS, 'context for the app beside that of cdk.json, as for cdk deploy: -c preset=dev', withContext)
  .option('--name <name>', "which of the app's deployments, by its name or path (default: the only one there is)")
  .option('--json', 'show the plan for machines');

/** Reads the options behind `npm run plan --`, as far as they say nothing of a deployment. Throws `ArgumentError`, in one sentence. */
export function planOptions(args: readonly string[]) {
  const { duration, ...options } = planCommand.parse(args, { from: 'user' }).opts();
  if (duration === undefined) throw new ArgumentError('--duration is missing: write --duration 300ms.');
  if (options.rate === undefined && options.backlog === 0) {
    throw new ArgumentError('There is nothing to plan: give --rate 2000/s, --backlog 1000000, or both.');
  }
  return { ...options, duration };
}

/**
 * Reads the arguments behind `npm run plan --` for a deployment; if none is given, for that of `cdk.json`. Throws `ArgumentError`, in
 * one sentence.
 */
export function parsePlanArguments(args: readonly string[], deployed?: Pick<DeployConfig, 'classes'>): PlanArguments {
  const options = planOptions(args);
  const { class: name, rate, backlog, duration, mix, bulk, spike = [] } = options;
  const { classes } = deployed ?? deployConfig(options.context ?? {});
  const resourceClass = oneOf('class', Object.keys(classes))(name);
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
      duration: timeBetween('duration', 0.001, classOf(classes, resourceClass).timeoutSeconds)(duration),
      spread: options.spread,
      coldStart: options.coldStart,
      overhead: options.overhead,
      delivery: options.delivery,
    },
    tenants: options.tenants,
    waiting: options.waited,
    tags: options.tags,
    tablePeakPerSecond: options.tablePeak,
    seed: options.seed,
    context: options.context ?? {},
    json: options.json === true,
  };
}
