import type { DeployConfig } from '../../lib/config.ts';
import { type CostLine, MILLION, totalOf } from '../../lib/constructs/cost-lines.ts';
import { REFERENCE_PER_SECOND, type ReferenceLoad, usageOfLoad } from '../../planner/costs/reference-loads.ts';
import { PROVISIONED_USE, withTablePrices } from '../../planner/costs/table-capacity.ts';
import { type TaskCosts, taskCosts } from '../../planner/costs/task-costs.ts';
import type { LoadRun } from './run-load.ts';
import { wireCosts } from './wire-costs.ts';

/** A line of a million tasks: as counted, as planned for the same load, and as counted at the rate of the price list. */
export type BillLine = {
  readonly what: string;
  readonly wire: Omit<CostLine, 'what'>;
  readonly planned: Omit<CostLine, 'what'>;
  /** The planner's dollars less those counted, as a share of these. */
  readonly difference: number;
  readonly atReferenceRate: Omit<CostLine, 'what'>;
};

type Totals = { readonly onDemand: number; readonly provisioned: number };

/** What a million tasks of a load cost. */
export type Bill = {
  readonly load: ReferenceLoad;
  readonly run: LoadRun;
  readonly tasksPerSecond: number;
  readonly lines: readonly BillLine[];
  /** What the price of a load leaves out. */
  readonly events: readonly BillLine[];
  readonly totals: Readonly<Record<'wire' | 'planned' | 'atReferenceRate' | 'plannedAtReferenceRate', Totals>>;
  /** What is not as it should be, in sentences. */
  readonly faults: readonly string[];
};

/** The planner may be so far off: in all, and in a line that makes this share of all. */
const TOLERANCE = 0.05;
const WEIGHT = 0.01;

/** The local cloud's stream has one shard, and one reader. */
const LOCAL_STREAM_SHARDS = 1;

/** Makes the bill of a run. */
export function billOf(load: ReferenceLoad, run: LoadRun, config: DeployConfig): Bill {
  const tasksPerSecond = run.tasks / run.seconds;
  const wire = perMillion(wireCosts({ usage: run.usage, bulk: load.bulk }, config), run.tasks);
  const local = { ...usageOfLoad(load, tasksPerSecond), streamShards: LOCAL_STREAM_SHARDS };
  const planned = taskCosts(local, config);
  const reference = taskCosts(usageOfLoad(load, REFERENCE_PER_SECOND), config);
  const lines = compared(pricedOf(wire), pricedOf(planned), pricedOf(reference));
  const totals = {
    wire: totalsOf(lines, 'wire'),
    planned: totalsOf(lines, 'planned'),
    atReferenceRate: totalsOf(lines, 'atReferenceRate'),
    plannedAtReferenceRate: bothTotals(pricedOf(reference)),
  };
  return {
    load,
    run,
    tasksPerSecond,
    lines,
    events: compared(wire.events, planned.events, reference.events),
    totals,
    faults: [...differences(lines, totals), ...missed(load, totals)],
  };
}

const pricedOf = ({ platform, tracing, compute }: TaskCosts): CostLine[] => [...platform, ...tracing, ...compute];

function perMillion(costs: TaskCosts, tasks: number): TaskCosts {
  const scaled = (lines: readonly CostLine[]): CostLine[] =>
    lines.map(({ what, quantity, dollars }) => ({
      what,
      quantity: (quantity / tasks) * MILLION,
      dollars: (dollars / tasks) * MILLION,
    }));
  const { platform, tracing, events, compute } = costs;
  return {
    platform: scaled(platform),
    tracing: scaled(tracing),
    events: scaled(events),
    compute: scaled(compute),
    waiting: [],
  };
}

const NOTHING = { quantity: 0, dollars: 0 };

/**
 * Puts the same lines side by side. What is paid by the second rather than by the task (traces, batches, looks) depends on the rate: a line
 * at the rate of the price list is the planner's there, by as much more or less as was counted at the run's.
 */
function compared(wire: readonly CostLine[], planned: readonly CostLine[], reference: readonly CostLine[]): BillLine[] {
  const lineIn = (lines: readonly CostLine[], name: string) => lines.find(({ what }) => what === name) ?? NOTHING;
  const names = [...new Set([...planned, ...wire].map(({ what }) => what))];
  return names.map((what) => {
    const [counted, plan, there] = [lineIn(wire, what), lineIn(planned, what), lineIn(reference, what)];
    const share = (name: 'quantity' | 'dollars') =>
      plan[name] === 0 ? counted[name] : (counted[name] / plan[name]) * there[name];
    return {
      what,
      wire: { quantity: counted.quantity, dollars: counted.dollars },
      planned: { quantity: plan.quantity, dollars: plan.dollars },
      difference: plan.dollars / counted.dollars - 1,
      atReferenceRate: { quantity: share('quantity'), dollars: share('dollars') },
    };
  });
}

const totalsOf = (lines: readonly BillLine[], of: 'wire' | 'planned' | 'atReferenceRate'): Totals =>
  bothTotals(lines.map((line) => ({ what: line.what, ...line[of] })));

const bothTotals = (lines: readonly CostLine[]): Totals => ({
  onDemand: totalOf(lines),
  provisioned: totalOf(withTablePrices(lines, PROVISIONED_USE)),
});

function differences(lines: readonly BillLine[], { wire, planned }: Bill['totals']): string[] {
  const far = lines.filter(
    ({ difference, ...line }) =>
      Math.abs(difference) > TOLERANCE && Math.max(line.wire.dollars, line.planned.dollars) > WEIGHT * wire.onDemand,
  );
  const inAll = planned.onDemand / wire.onDemand - 1;
  return [
    ...(Math.abs(inAll) > TOLERANCE ? [`the planner is ${percent(inAll)} off in all`] : []),
    ...far.map(({ what, difference, planned: { dollars } }) =>
      Number.isFinite(difference)
        ? `the planner is ${percent(difference)} off in ${what}`
        : `${what} were not counted, and are planned at $${dollars.toFixed(2)}`,
    ),
  ];
}

const missed = ({ target }: ReferenceLoad, { atReferenceRate: dollars }: Bill['totals']): string[] =>
  (['onDemand', 'provisioned'] as const)
    .filter((capacity) => dollars[capacity] > target[capacity])
    .map((capacity) => {
      const tables = capacity === 'onDemand' ? 'tables on demand' : 'provisioned tables';
      return `$${dollars[capacity].toFixed(2)} with ${tables}, where it is to be at most $${target[capacity].toFixed(2)}`;
    });

/** Writes a share with its sign: `+3.1 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return 'not counted';
  const text = Math.abs(share * 100).toFixed(1);
  return `${share < 0 && text !== '0.0' ? '−' : '+'}${text} %`;
}
