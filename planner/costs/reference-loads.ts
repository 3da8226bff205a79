import { MILLION } from '../../lib/constructs/cost-lines.ts';
import { COST_ASSUMPTIONS } from './cost-basis.ts';
import { NEW_TABLE_STREAM_SHARDS, type Usage } from './task-costs.ts';

/** A load whose million tasks have a price to keep: tasks of one submit and of one invocation. */
export type ReferenceLoad = {
  readonly name: string;
  readonly title: string;
  readonly bulk: number;
  readonly batch: number;
  /** In dollars, with tables on demand, and with provisioned ones of which so much is used. */
  readonly target: { readonly onDemand: number; readonly provisioned: number };
};

export const REFERENCE_LOADS: readonly ReferenceLoad[] = [
  {
    name: 'tens',
    title: 'single submits, full batches of ten',
    bulk: 1,
    batch: 10,
    target: { onDemand: 6, provisioned: 3.6 },
  },
  {
    name: 'ones',
    title: 'single submits, batches of one',
    bulk: 1,
    batch: 1,
    target: { onDemand: 7.8, provisioned: 5.4 },
  },
  {
    name: 'bulk',
    title: 'bulk submits of 100, batches of fifty',
    bulk: 100,
    batch: 50,
    target: { onDemand: 4.5, provisioned: 2 },
  },
];

/** About five environments of the router work at this rate. */
export const REFERENCE_PER_SECOND = 200;

/** Returns what so many tasks of a load use whose handlers take no time: an executor's time is that of claims and settlements. */
export const usageOfLoad = (
  { bulk, batch }: Pick<ReferenceLoad, 'bulk' | 'batch'>,
  tasksPerSecond: number,
  tasks = MILLION,
): Usage => ({
  resourceClass: 'default',
  seconds: tasks / tasksPerSecond,
  tasks,
  requests: tasks / bulk,
  bulk,
  sentBack: 0,
  invocations: tasks / batch,
  receives: 0,
  attemptSeconds: 0,
  busySeconds: ((tasks / batch) * COST_ASSUMPTIONS.attemptMilliseconds) / 1000,
  executors: 1,
  lanes: 1,
  tenants: 1,
  isShort: true,
  streamShards: NEW_TABLE_STREAM_SHARDS,
});
