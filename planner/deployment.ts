import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import {
  BULK_ACTIONS_CONCURRENCY,
  MIN_LANE_CONCURRENCY,
  type ResourceClass,
  SHARED_LANE_KINDS,
  type SharedLaneKind,
  waiterReservationOf,
} from '../functions/contract.ts';
import { type ClassSettings, reservationOf } from '../functions/resource-classes.ts';
import type { DeployConfig } from '../lib/config.ts';
import { CLOCKWORK_FUNCTIONS } from '../lib/constructs/fixed-costs.ts';
import { readConfig } from '../lib/context.ts';
import { discoverTasks } from '../lib/task-discovery.ts';
import type { TaskMetadata } from '../lib/task-metadata.ts';
import { MOST_OF_EVENT_SOURCE, UNRESERVED_CONCURRENCY } from './documented-limits.ts';
import type { Load } from './simulation/load.ts';

const cdkJsonSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/**
 * Returns the configuration that `cdk deploy` would have: that of `cdk.json`, and what is given over it. Throws `ConfigError`, in
 * one sentence.
 */
export function deployConfig(context: Readonly<Record<string, string>>): DeployConfig {
  const text = readFileSync(join(process.cwd(), 'cdk.json'), 'utf8');
  const whole = { ...cdkJsonSchema.parse(JSON.parse(text)).context, ...context };
  return readConfig({ getAllContext: () => whole });
}

/** Returns all task types that are deployed. Throws `ConfigError` where one could not be. */
export const deployedDefinitions = (): readonly TaskMetadata[] => discoverTasks('tasks').definitions;

/**
 * Returns the Lambda concurrency that an account has to have: what executors, the waiter, bulk actions and clockwork reserve, what is reserved or
 * provisioned of the router, and what Lambda leaves to all others, among which the router's are beyond that.
 */
export function accountConcurrencyOf(config: DeployConfig, routers = 0): number {
  const { classes, provisioned, apiConcurrency, reservations, waiters } = config;
  const executors = Object.values(classes).reduce(
    (sum, { reserved, shards }) => sum + (reservations ? reservationOf(reserved) : 0) * shards,
    0,
  );
  const kept = provisioned === false ? 0 : provisioned.max;
  const ofApi = (apiConcurrency.router ?? kept) + (apiConcurrency.authorizer ?? 0);
  const unreserved = apiConcurrency.router === undefined ? routers - kept : 0;
  const ofOthers = reservations ? CLOCKWORK_FUNCTIONS + BULK_ACTIONS_CONCURRENCY + waiterReservationOf(waiters) : 0;
  return executors + ofOthers + ofApi + Math.max(UNRESERVED_CONCURRENCY, unreserved);
}

/** Executors that classes are given, by the names of the classes. */
export type GivenExecutors = Readonly<Record<string, Pick<ClassSettings, 'reserved' | 'lanes'>>>;

/**
 * Returns the configuration that gives each of a class's `shards` so many executors: lanes without tasks have the least, and the
 * others share the rest by what comes to them, to the last. `undefined` where that is more than an event source may ask for.
 */
export function withExecutors(
  resourceClass: ResourceClass,
  executors: number,
  { mix }: Pick<Load, 'mix'>,
): GivenExecutors | undefined {
  const lanes = Object.fromEntries(SHARED_LANE_KINDS.map((kind) => [kind, MIN_LANE_CONCURRENCY])) as Record<
    SharedLaneKind,
    number
  >;
  const least = SHARED_LANE_KINDS.length * MIN_LANE_CONCURRENCY;
  const reserved = Math.max(executors, least);
  let left = reserved - least;
  let share = 1;
  for (const [kind, part = 0] of Object.entries(mix) as [SharedLaneKind, number | undefined][]) {
    const more = Math.round((left * part) / share);
    lanes[kind] = MIN_LANE_CONCURRENCY + more;
    left -= more;
    share -= part;
  }
  if (Math.max(...Object.values(lanes)) > MOST_OF_EVENT_SOURCE) return undefined;
  return { [resourceClass]: { reserved, lanes } };
}

/** Writes a configuration as `cdk deploy` and `npm run plan` take it. */
export const contextArgument = (given: GivenExecutors): string => `-c concurrency='${JSON.stringify(given)}'`;
