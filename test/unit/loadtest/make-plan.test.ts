import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deployConfig } from '../../../loadtest/plan/deployment.ts';
import { makePlan } from '../../../loadtest/plan/make-plan.ts';
import { parsePlanArguments } from '../../../loadtest/plan/plan-arguments.ts';
import { reportOf } from '../../../loadtest/plan/report.ts';

function planFor(...given: string[]) {
  const args = parsePlanArguments(given);
  if (args === undefined) throw new Error('nothing was asked for');
  const config = deployConfig(args.context);
  return { args, config, plan: makePlan(args, config) };
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
    expect(planned.plan.executors.neededAtRate).toBe(90);
    expect(lane?.refused).toBeGreaterThan(1_000_000);
    expect(lane?.closures.length).toBeGreaterThan(0);
    expect(lane?.unfinished).toBe(0);
  });

  test('gives an idle lane’s executors to one with a backlog', () => {
    const planned = planFor('--backlog', '100000', '--duration', '1s', '--class', 'io-intensive', '--mix', 'low=1');
    expect(planned.plan.executors.peak).toBeGreaterThanOrEqual(8);
    expect(laneOf(planned, 'low')).toMatchObject({ ended: 100_000, unfinished: 0 });
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
    expect(single?.costs.platform.find(({ what }) => what === 'DynamoDB write units')?.dollars).toBeCloseTo(
      (7 * 0.625 * (single?.costs.tasks ?? 0)) / 1e6,
    );
    expect(bulk?.costs.platformPerMillion).toBeLessThan(6);
  });

  test('sends back what an invocation has no time to begin of a bulk submit', () => {
    const [long, short] = ['200ms', '5ms'].map(
      (duration) => planFor('--backlog', '10000', '--bulk', '100', '--duration', duration).plan,
    );
    const sends = (plan: typeof long) => plan?.costs.platform.find(({ what }) => what === 'SQS sends')?.quantity;
    const invocations = (plan: typeof long) =>
      plan?.costs.platform.find(({ what }) => what === 'executor invocations')?.quantity;
    // In messages of five tasks; of long ones only the first of each begins, and the others go back, ten to a request.
    expect([sends(short), invocations(short)]).toEqual([200, 200]);
    expect([sends(long), invocations(long)]).toEqual([200 + 800, 1000]);
  });

  test('takes the configuration as it is deployed', () => {
    expect(() => planFor('--rate', '1/s', '--duration', '1s', '-c', 'preset=test')).toThrow(/preset is "test"/);
    expect(planFor('--rate', '1/s', '--duration', '1s', '-c', 'preset=dev').config.indexShards).toBe(1);
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
      'COSTS',
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
    spawnSync(process.execPath, [join(import.meta.dirname, '../../../loadtest/plan.ts'), ...args], {
      encoding: 'utf8',
    });

  test('answers wrong options in one sentence, and with how it is called', () => {
    const { status, stderr, stdout } = run('--rate', 'much', '--duration', '1s');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
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
