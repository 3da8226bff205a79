import { type CostLine, totalOf } from '../../lib/constructs/cost-lines.ts';
import { fixedMonthCosts } from '../../lib/constructs/fixed-costs.ts';
import { REFERENCE_LOADS, REFERENCE_PER_SECOND, usageOfLoad } from '../../planner/costs/reference-loads.ts';
import { PROVISIONED_USE, withTablePrices } from '../../planner/costs/table-capacity.ts';
import { taskCosts, type Usage } from '../../planner/costs/task-costs.ts';
import { waitCosts } from '../../planner/costs/wait-costs.ts';
import { deployConfig, deployedDefinitions } from '../../planner/deployment.ts';

const definitions = deployedDefinitions();

/** Makes the tables of `docs/costs.md` that the planner's numbers make, by the comment that they follow. */
export const costTables = (): Record<string, string> => ({
  'a month': monthTable(),
  'a million tasks': millionTable(),
  'by rate': rateTable(),
  'by wait': waitTable(),
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

/** Prices a million tasks, with what the budget of the design leaves out set apart. */
function partsOf(usage: Usage): Record<'platform' | 'provisioned' | 'tracing' | 'events', number> {
  const costs = taskCosts(usage, deployConfig({}));
  return {
    platform: totalOf(costs.platform) + totalOf(costs.compute),
    provisioned: totalOf(withTablePrices(costs.platform, PROVISIONED_USE)) + totalOf(costs.compute),
    tracing: totalOf(costs.tracing),
    events: totalOf(costs.events),
  };
}

const millionTable = (): string =>
  tableOf([
    [
      `a million tasks, ${REFERENCE_PER_SECOND} a second`,
      ...['the platform', 'X-Ray', 'both', 'their target', 'both, provisioned', 'their target', 'task events'],
    ],
    ...REFERENCE_LOADS.map((load) => {
      const { platform, provisioned, tracing, events } = partsOf(usageOfLoad(load, REFERENCE_PER_SECOND));
      const { onDemand: target, provisioned: provisionedTarget } = load.target;
      const cells = [platform, tracing, platform + tracing, target, provisioned + tracing, provisionedTarget, events];
      return [load.title, ...cells.map(dollars)];
    }),
  ]);

const rateTable = (): string =>
  tableOf([
    ['a million single tasks, batches of one', 'the platform', 'of it statistics', 'X-Ray', 'task events', 'in all'],
    ...[1 / 60, 1, 10, 100, 1000].map((perSecond) => {
      const usage = usageOfLoad({ bulk: 1, batch: 1 }, perSecond);
      const { platform, tracing, events } = partsOf(usage);
      const statistics = taskCosts(usage, deployConfig({})).platform.find(({ what }) => what.endsWith('statistics'));
      const rate = perSecond < 1 ? `${number(perSecond * 60)} a minute` : `${number(perSecond)} a second`;
      return [rate, ...[platform, statistics?.dollars ?? 0, tracing, events, platform + tracing + events].map(dollars)];
    }),
  ]);

/** Shows what a wait takes, by its length, in the callers' own bill: the table of slots and of tasks is the deployment's. */
const waitTable = (): string =>
  tableOf([
    ['a million tasks, each waited for', 'requests and invocations', 'GB-seconds', 'looks and slots', 'log', 'in all'],
    ...[0.5, 2, 20, 300].map((seconds) => {
      const lines = waitCosts({ tasks: 1e6, seconds }, deployConfig({}));
      const of = (...names: string[]): number =>
        totalOf(lines.filter(({ what }) => names.some((name) => what.includes(name))));
      const cells = [of('requests', 'invocations'), of('GB-seconds'), of('units'), of('log'), totalOf(lines)];
      return [`${number(seconds)} s`, ...cells.map(dollars)];
    }),
  ]);

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const [top = '', ...lines] = [head, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [top, `|${head.map(() => '---|').join('')}`, ...lines].join('\n');
}

const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });
const dollars = (value: number): string =>
  `$${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
