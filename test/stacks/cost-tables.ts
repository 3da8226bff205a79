import { type CostLine, totalOf } from '../../planner/costs/cost-basis.ts';
import { fixedMonthCosts } from '../../planner/costs/month-costs.ts';
import { taskCosts, type Usage } from '../../planner/costs/task-costs.ts';
import { deployConfig, deployedDefinitions } from '../../planner/deployment.ts';

const definitions = await deployedDefinitions();
const MILLION = 1e6;

/** Makes the tables of `docs/costs.md` that the planner's numbers make, by the comment that they follow. */
export const costTables = (): Record<string, string> => ({
  'a month': monthTable(),
  'a million tasks': millionTable(),
  'by rate': rateTable(),
});

const DEPLOYMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  dev: { preset: 'dev' },
  prod: { preset: 'prod' },
  '`prod` with `provisioned=false`': { preset: 'prod', provisioned: 'false' },
};

function monthTable(): string {
  const months = Object.values(DEPLOYMENTS).map((context) => fixedMonthCosts(deployConfig(context), definitions));
  const names = new Set(months.flatMap((lines) => lines.map(({ what }) => what)));
  const byMost = [...names].sort((a, b) => most(months, b) - most(months, a));
  return tableOf([
    ['a month, whatever comes', ...Object.keys(DEPLOYMENTS).map((name) => (name.includes('`') ? name : `\`${name}\``))],
    ...byMost.map((name) => [name, ...months.map((lines) => cellOf(lines.find(({ what }) => what === name)))]),
    ['in all', ...months.map((lines) => dollars(totalOf(lines)))],
  ]);
}

const most = (months: readonly (readonly CostLine[])[], name: string): number =>
  Math.max(...months.map((lines) => lines.find(({ what }) => what === name)?.dollars ?? 0));

const cellOf = (line: CostLine | undefined): string =>
  line === undefined ? '' : `${number(line.quantity)}: ${dollars(line.dollars)}`;

/** So that a task's own work is left out, an executor's time is that of claims and settlements. */
const OVERHEAD_SECONDS = 0.015;

const usageOf = (perSecond: number, { bulk, batch }: { readonly bulk: number; readonly batch: number }): Usage => ({
  resourceClass: 'default',
  seconds: MILLION / perSecond,
  tasks: MILLION,
  requests: MILLION / bulk,
  bulk,
  sentBack: 0,
  invocations: MILLION / batch,
  busySeconds: (MILLION / batch) * OVERHEAD_SECONDS,
  executors: 1,
  lanes: 1,
  tenants: 1,
  isShort: true,
});

/** Prices a million tasks, with what the budget of the design leaves out set apart. */
function partsOf(usage: Usage): { readonly platform: number; readonly tracing: number; readonly events: number } {
  const costs = taskCosts(usage, deployConfig({}));
  return {
    platform: totalOf(costs.platform) + totalOf(costs.compute),
    tracing: totalOf(costs.tracing),
    events: totalOf(costs.events),
  };
}

const LOADS = [
  { name: 'single submits, full batches of ten', bulk: 1, batch: 10, target: 6 },
  { name: 'single submits, batches of one', bulk: 1, batch: 1, target: 7.8 },
  { name: 'bulk submits of 100, batches of fifty', bulk: 100, batch: 50, target: 4.5 },
];

/** Prices a million tasks at a rate at which all but the first trace of a second are the 5 %. */
const BUSY_PER_SECOND = 200;

const millionTable = (): string =>
  tableOf([
    [`a million tasks, ${BUSY_PER_SECOND} a second`, 'the platform', 'X-Ray', 'both', 'their target', 'task events'],
    ...LOADS.map(({ name, target, ...shape }) => {
      const { platform, tracing, events } = partsOf(usageOf(BUSY_PER_SECOND, shape));
      return [name, ...[platform, tracing, platform + tracing, target, events].map(dollars)];
    }),
  ]);

const rateTable = (): string =>
  tableOf([
    ['a million single tasks, batches of one', 'the platform', 'of it statistics', 'X-Ray', 'task events', 'in all'],
    ...[1 / 60, 1, 10, 100, 1000].map((perSecond) => {
      const usage = usageOf(perSecond, { bulk: 1, batch: 1 });
      const { platform, tracing, events } = partsOf(usage);
      const statistics = taskCosts(usage, deployConfig({})).platform.find(({ what }) => what.endsWith('statistics'));
      const rate = perSecond < 1 ? `${number(perSecond * 60)} a minute` : `${number(perSecond)} a second`;
      return [rate, ...[platform, statistics?.dollars ?? 0, tracing, events, platform + tracing + events].map(dollars)];
    }),
  ]);

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const [top = '', ...lines] = [head, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [top, `|${head.map(() => '---|').join('')}`, ...lines].join('\n');
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
const dollars = (value: number): string =>
  `$${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
