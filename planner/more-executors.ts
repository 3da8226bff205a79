import { MIN_LANE_CONCURRENCY, type ResourceClass, SHARED_LANE_KINDS } from '../functions/contract.ts';
import type { DeployConfig } from '../lib/config.ts';
import { MOST_OF_EVENT_SOURCE } from './documented-limits.ts';
import type { Load } from './load.ts';

/**
 * The configuration that gives each of a class's `shards` so many executors: lanes without tasks have the least, and the
 * others share the rest by what comes to them, to the last. `undefined` where that is more than an event source may ask for.
 */
export function withExecutors(
  resourceClass: ResourceClass,
  executors: number,
  { mix }: Pick<Load, 'mix'>,
): Pick<DeployConfig, 'concurrency'> | undefined {
  const lanes = Object.fromEntries(SHARED_LANE_KINDS.map((kind) => [kind, MIN_LANE_CONCURRENCY]));
  const least = SHARED_LANE_KINDS.length * MIN_LANE_CONCURRENCY;
  const reserved = Math.max(executors, least);
  let [left, share] = [reserved - least, 1];
  for (const [kind, part = 0] of Object.entries(mix)) {
    const more = Math.round((left * part) / share);
    lanes[kind] = MIN_LANE_CONCURRENCY + more;
    left -= more;
    share -= part;
  }
  if (Math.max(...Object.values(lanes)) > MOST_OF_EVENT_SOURCE) return undefined;
  return { concurrency: { [resourceClass]: { reserved, lanes } } } as Pick<DeployConfig, 'concurrency'>;
}

/** As `cdk deploy` and `npm run plan` take it. */
export const contextArgument = ({ concurrency }: Pick<DeployConfig, 'concurrency'>): string =>
  `-c concurrency='${JSON.stringify(concurrency)}'`;
