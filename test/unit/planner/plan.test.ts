import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { batchWindowOf } from '../../../lib/constructs/batch-window.ts';
import { MONTH_SECONDS, totalOf } from '../../../lib/constructs/cost-lines.ts';
import { accountConcurrencyOf, deployConfig, deployedDefinitions } from '../../../planner/deployment.ts';
import { makePlan } from '../../../planner/plan.ts';
import { parsePlanArguments } from '../../../planner/plan-arguments.ts';
import { reportOf } from '../../../planner/report.ts';

const definitions = deployedDefinitions();

function planFor(...given: string[]) {
  const args = parsePlanArguments(given);
  if (args === undefined) throw new Error('nothing was asked for');
  const config = deployConfig(args.context);
  return { args, config, plan: makePlan(args, config, definitions) };
}

const laneOf = ({ plan }: ReturnType<typeof planFor>, wanted: string) => plan.lanes.find(({ kind }) => kind === wanted);

describe('a plan', () => {
  test('of what a class can do has every task run within its objective', () => {
    const planned = planFor('--rate', '100/s', '--duration', '300ms', '--for', '10m', '--class', 'io-intensive');
    const lane = laneOf(planned, 'normal');
    expect(lane?.refused).toBe(0);
    expect(lane?.unfinished).toBe(0);
    expect(lane?.waitSeconds?.p99).toBeLessThan(60);
    expect(planned.plan.throttles).toEqual({ apiRequests: 0, lambda: 0, writeUnits: 0 });
  });

  test('of more than that says how many executors it needs, and refuses what would wait too long', () => {
    const planned = planFor('--rate', '2000/s', '--duration', '300ms', '--for', '30m', '--class', 'io-intensive');
    const lane = laneOf(planned, 'normal');
    expect(planned.plan.executors).toMatchObject({ neededAtRate: 90, neededOfShard: 90 });
    expect(lane?.refused).toBeGreaterThan(1_000_000);
    expect(lane?.closures.length).toBeGreaterThan(0);
    expect(lane?.unfinished).toBe(0);
  });

  test('gives an idle lane’s executors to one with a backlog', () => {
    const planned = planFor('--backlog', '100000', '--duration', '1s', '--class', 'io-intensive', '--mix', 'low=1');
    expect(planned.plan.executors.peak).toBeGreaterThanOrEqual(8);
    expect(laneOf(planned, 'low')).toMatchObject({ ended: 100_000, unfinished: 0 });
  });

  test('of long tasks that come one by one has them share executors', () => {
    const load = ['--rate', '2/s', '--for', '15s', '--duration', '30s', '--class', 'io-intensive'];
    const planned = planFor(...load);
    const { tasks, byTask } = planned.plan.costs;
    expect(planned.plan.executors.peak).toBe(2);
    expect(laneOf(planned, 'normal')?.waitSeconds?.p95).toBeLessThanOrEqual(2);
    const apart = tasks * 30 * 0.5;
    expect(byTask.compute[0]?.quantity).toBeLessThan(apart / 5);
    const requests = byTask.platform.find(({ what }) => what.startsWith('SQS receives'))?.quantity ?? 0;
    // They ask once a second, hide their messages every seven, and delete what they received.
    expect(requests).toBeGreaterThan(2 * 40);
    expect(requests).toBeLessThan(2 * 60 + 4 * tasks);
    // A lease of 30 s is renewed twice.
    expect(byTask.platform.find(({ what }) => what === 'DynamoDB write units of leases')?.quantity).toBe(2 * tasks);
  });

  test('of more shards has the load divided, where there are tenants enough to reach them', () => {
    const shards = ['-c', 'shards={"default":4}'];
    const load = ['--backlog', '40000', '--duration', '1s'];
    const [one, four] = ['1', '400'].map((tenants) => planFor(...load, ...shards, '--tenants', tenants).plan);
    expect((one?.lastedSeconds ?? 0) / (four?.lastedSeconds ?? 1)).toBeGreaterThan(2.5);
    expect(four?.lanes.reduce((sum, { ended }) => sum + ended, 0)).toBe(40_000);
  });

  test('costs what the price list makes of a million single tasks, and less in bulk', () => {
    const [single, bulk] = ['1', '100'].map(
      (count) =>
        planFor('--rate', '50/s', '--duration', '100ms', '--for', '10m', '--bulk', count, '-c', 'taskEvents=false')
          .plan,
    );
    expect(single?.costs.platformPerMillion).toBeLessThan(9);
    expect(single?.costs.byTask.platform.find(({ what }) => what === 'DynamoDB write units')?.dollars).toBeCloseTo(
      (5 * 0.625 * (single?.costs.tasks ?? 0)) / 1e6,
    );
    expect(bulk?.costs.platformPerMillion).toBeLessThan(6);
  });

  test('sends back what an invocation has no time to begin of a bulk submit', () => {
    const [long, short] = ['2s', '5ms'].map(
      (duration) => planFor('--backlog', '10000', '--bulk', '100', '--duration', duration).plan,
    );
    const sends = (plan: typeof long) => plan?.costs.byTask.platform.find(({ what }) => what === 'SQS sends')?.quantity;
    const invocations = (plan: typeof long) =>
      plan?.costs.byTask.platform.find(({ what }) => what === 'executor invocations')?.quantity;
    // Messages have five tasks; of long ones only the first of each begins, and the others go back, ten to a request.
    expect([sends(short), invocations(short)]).toEqual([200, 200]);
    expect([sends(long), invocations(long)]).toEqual([200 + 800, 1000]);
  });

  test('takes the configuration as it is deployed', () => {
    expect(() => planFor('--rate', '1/s', '--duration', '1s', '-c', 'preset=test')).toThrow(/preset is "test"/);
    expect(planFor('--rate', '1/s', '--duration', '1s', '-c', 'preset=dev').config.indexShards).toBe(1);
  });

  test.each([
    { load: ['--rate', '2000/s', '--duration', '300ms', '--class', 'io-intensive'], more: [] },
    {
      load: ['--rate', '7/s', '--duration', '5s', '--class', 'cpu-intensive', '--mix', 'high=1,low=2,batch=4'],
      more: [],
    },
    {
      load: ['--rate', '900/s', '--duration', '1s', '--tenants', '100'],
      more: ['-c', 'shards={"default":3}', '-c', 'provisioned=false'],
    },
  ])('of $load names the configuration that has executors enough, and the account for it', ({ load, more }) => {
    const short = ['--for', '10s'];
    const planned = planFor(...load, ...more, ...short);
    const report = reportOf(planned.plan, planned.args, planned.config);
    const [, concurrency = ''] = /enough with -c concurrency='(.+)'$/m.exec(report) ?? [];
    const mended = planFor(...load, ...more, ...short, '-c', `concurrency=${concurrency}`);
    expect(planned.plan.executors.most).toBeLessThan(planned.plan.executors.neededAtRate);
    expect(mended.plan.executors.most).toBeGreaterThanOrEqual(mended.plan.executors.neededAtRate);
    expect(mended.plan.executors.neededOfShard).toBeNull();
    expect(report).toContain(
      `Lambda concurrency is ${accountConcurrencyOf(mended.config).toLocaleString('en')} or more`,
    );
    const again = reportOf(mended.plan, mended.args, mended.config);
    expect(again).not.toContain('MORE THAN THERE ARE');
    expect(again).not.toContain('enough with');
  });

  test('of more than one event source may ask for names shards instead', () => {
    const { args, config, plan } = planFor('--rate', '9000/s', '--duration', '5s', '--for', '1s');
    expect(reportOf(plan, args, config)).toContain('give the class more shards (-c shards=...)');
  });

  test('knows that the batch lane gathers: for its window, and for a poll where little comes', () => {
    const waitOf = (...load: string[]) =>
      laneOf(planFor(...load, '--duration', '1s', '--class', 'io-intensive', '--mix', 'batch=1'), 'batch')?.waitSeconds;
    const { windowSeconds } = batchWindowOf('batch', 'io-intensive', RESOURCE_CLASS_SPECS, definitions);
    expect(windowSeconds).toBeGreaterThan(0);
    const [quiet, some, many] = ['2/min', '20/s', '150/s'].map((rate) => waitOf('--rate', rate, '--for', '10m'));
    const { args, config, plan } = planFor(
      ...['--rate', '2/min', '--duration', '1s', '--for', '5m', '--class', 'io-intensive', '--mix', 'batch=1'],
    );
    expect(reportOf(plan, args, config)).toContain('batch gathers 100 messages, or what has come after 20 s');
    expect(quiet?.max).toBeGreaterThan(20);
    expect(quiet?.max).toBeLessThan(22);
    expect(some?.max).toBeLessThan(windowSeconds + 2);
    expect(some?.p50).toBeGreaterThan(windowSeconds / 4);
    expect(many?.p50).toBeLessThan(some?.p50 ?? 0);
  });

  test('of a month tells what is fixed apart from what comes with the load', () => {
    const [quiet, busy] = ['1/min', '100/s'].map((rate) =>
      planFor('--rate', rate, '--duration', '100ms', '--for', '10m', '-c', 'provisioned=false'),
    );
    if (quiet === undefined || busy === undefined) throw new Error('no plan');
    expect(quiet.plan.costs.fixedMonth).toEqual(busy.plan.costs.fixedMonth);
    const fixed = totalOf(quiet.plan.costs.fixedMonth);
    expect(fixed).toBeGreaterThan(10);
    for (const { args, config, plan } of [quiet, busy]) {
      const { loadMonth, totalPerMonth, totalPerMillion } = plan.costs;
      const tasks = args.load.tasksPerSecond * MONTH_SECONDS;
      expect(loadMonth?.[0]).toMatchObject({ what: 'tasks', quantity: tasks });
      expect(loadMonth?.[0]?.dollars).toBeCloseTo((totalPerMillion * tasks) / 1e6, 5);
      expect(totalPerMonth).toBeCloseTo(fixed + totalOf(loadMonth ?? []), 5);
      const report = reportOf(plan, args, config);
      expect(report).toMatch(new RegExp(`^prod, whatever comes +\\$${fixed.toFixed(2)}$`, 'm'));
    }
    expect(reportOf(quiet.plan, quiet.args, quiet.config)).toContain('in all, at 1 tasks/min');
    expect(quiet.plan.costs.totalPerMonth).toBeLessThan(fixed + 15);
  });

  test('prices tables both ways, and what they keep at least in every month', () => {
    const capacity = { minWrites: 100, maxWrites: 2000, minReads: 10, maxReads: 100 };
    const tables = ['-c', `tableCapacity=${JSON.stringify({ provisioned: capacity })}`];
    const load = ['--rate', '50/s', '--duration', '100ms', '--for', '10m'];
    const onDemand = planFor(...load);
    const provisioned = planFor(...load, ...tables);
    const costs = provisioned.plan.costs;
    expect(costs.totalPerMillion).toBeCloseTo(onDemand.plan.costs.otherTables.totalPerMillion, 6);
    expect(costs.otherTables.totalPerMillion).toBeCloseTo(onDemand.plan.costs.totalPerMillion, 6);
    expect(costs.totalPerMillion).toBeLessThan(onDemand.plan.costs.totalPerMillion);
    const priceOf = (of: typeof onDemand) =>
      of.plan.costs.byTask.platform.find(({ what }) => what === 'DynamoDB write units');
    const { quantity = 0, dollars = 0 } = priceOf(provisioned) ?? {};
    expect(dollars / quantity).toBeCloseTo(0.00065 / 3600 / 0.7, 12);
    // The table itself and byType use what is kept; what the load takes of it is not paid for twice.
    const kept = costs.loadMonth?.find(({ what }) => what === 'of it the capacity that tables keep');
    expect(kept?.quantity).toBeGreaterThan(100);
    expect(kept?.quantity).toBeLessThanOrEqual(300);
    expect(kept?.dollars).toBeCloseTo(-(kept?.quantity ?? 0) * (MONTH_SECONDS / 3600) * 0.00065, 6);
    expect(onDemand.plan.costs.loadMonth?.some(({ dollars }) => dollars < 0)).toBe(false);
    const reports = [onDemand, provisioned].map(({ plan, args, config }) => reportOf(plan, args, config));
    expect(reports[0]).toContain('in all, provisioned tables');
    expect(reports[1]).toContain('in all, tables on demand');
  });

  test('of a spike beyond what provisioned tables keep is throttled, which those on demand are not', () => {
    const capacity = { minWrites: 10, maxWrites: 2000, minReads: 10, maxReads: 100 };
    const load = ['--rate', '100/s', '--duration', '100ms', '--for', '5m'];
    expect(planFor(...load).plan.throttles.writeUnits).toBe(0);
    const tables = ['-c', `tableCapacity=${JSON.stringify({ provisioned: capacity })}`];
    expect(planFor(...load, ...tables).plan.throttles.writeUnits).toBeGreaterThan(0);
  });

  test('takes tracing and events apart, and nothing for them where they are turned off', () => {
    const load = ['--rate', '50/s', '--duration', '100ms', '--for', '2m'];
    const [on, off] = [[], ['-c', 'tracing=false', '-c', 'taskEvents=false']].map(
      (more) => planFor(...load, ...more).plan.costs,
    );
    expect(off?.byTask).toMatchObject({ tracing: [], events: [] });
    expect(on?.byTask.platform).toEqual(off?.byTask.platform);
    expect(totalOf(on?.byTask.events ?? [])).toBeGreaterThan((3 * (on?.tasks ?? 0)) / 1e6);
    expect((on?.totalPerMillion ?? 0) - (off?.totalPerMillion ?? 0)).toBeGreaterThan(3);
  });

  test('reckons with Lambda Insights where it is on', () => {
    const load = ['--rate', '1/s', '--duration', '100ms', '--for', '2m'];
    const [off, on] = ['false', 'true'].map((value) => planFor(...load, '-c', `lambdaInsights=${value}`).plan.costs);
    // The governor and the sweeper have them; so have the router, the authorizer, an executor, statistics and events.
    expect(totalOf(on?.fixedMonth ?? []) - totalOf(off?.fixedMonth ?? [])).toBeCloseTo(2 * 2.4, 6);
    const [, ...without] = off?.loadMonth ?? [];
    const [, ...metrics] = on?.loadMonth ?? [];
    expect(totalOf(metrics) - totalOf(without)).toBeCloseTo(5 * 2.4, 6);
    expect((on?.platformPerMillion ?? 0) - (off?.platformPerMillion ?? 0)).toBeCloseTo(2 * 0.000512 * 1000, 1);
  });

  test('has the API refuse what is more than the deployment lets it take', () => {
    const load = ['--rate', '400/s', '--duration', '5ms', '--for', '1m'];
    const [as, less] = [[], ['-c', 'throttle={"rate":100,"burst":100}']].map((more) => planFor(...load, ...more).plan);
    expect(as?.throttles.apiRequests).toBe(0);
    expect((less?.throttles.apiRequests ?? 0) / (400 * 60)).toBeCloseTo(0.75, 1);
    expect(less?.bounds.find(({ name }) => name === 'API requests a second')).toMatchObject({ peak: 400, limit: 100 });
  });

  test('is in docs/planning.md as it is printed', () => {
    const document = readFileSync(join(import.meta.dirname, '../../../docs/planning.md'), 'utf8');
    const [, command = '', printed = ''] =
      /^npm run plan -- (--rate .+)\n```\n\n```\n([\s\S]+?)\n```$/m.exec(document) ?? [];
    const { args, config, plan } = planFor(...command.split(' '));
    const report = reportOf(plan, args, config).split('\n');
    const lines = printed.split('\n').filter((line) => line !== '…' && line !== '');
    expect(lines.length).toBeGreaterThan(20);
    expect(report).toEqual(expect.arrayContaining(lines));
  });

  test('is reported with all its parts', () => {
    const load = ['--rate', '500/s', '--spike', '20x@60s..90s', '--backlog', '1000', '--for', '5m'];
    const { args, config, plan } = planFor(...load, '--duration', '200ms', '--mix', 'high=1,low=9');
    const report = reportOf(plan, args, config);
    for (const part of [
      'WAITS',
      'ADMISSION',
      'THROTTLED',
      'EXECUTORS',
      'LIMITS OF AWS',
      'COSTS OF A MILLION',
      'COSTS OF A MONTH',
      'ASSUMED',
      'PLAYED',
    ]) {
      expect(report).toContain(`\n${part}`);
    }
    expect(report).toMatch(/^high .* 1 min/m);
    expect(report).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('npm run plan', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '../../../planner/index.ts'), ...args], {
      encoding: 'utf8',
    });

  test('answers wrong options in one sentence, and with how it is called', () => {
    const { status, stderr, stdout } = run('--rate', 'much', '--duration', '1s');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^--rate "much" must be [^\n]+\n\nUsage: npm run plan [^\n]+\n$/);
  });

  test('prints JSON for machines, without what is not a number', () => {
    const { status, stdout } = run('--backlog', '10', '--duration', '1s', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stepSeconds: null, costs: { totalPerMonth: null, tasks: 10 } });
  });

  test('helps', () => {
    expect(run('--help').stdout).toMatch(/^Usage: npm run plan/);
  });
});
