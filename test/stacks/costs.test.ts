import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alarmMetricsOf } from '../../lib/constructs/alarm-metrics.ts';
import { MONTH_SECONDS } from '../../lib/constructs/cost-lines.ts';
import { fixedMonthCosts } from '../../lib/constructs/fixed-costs.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { accountConcurrencyOf, deployedDefinitions } from '../../planner/deployment.ts';
import { UNRESERVED_CONCURRENCY } from '../../planner/documented-limits.ts';
import { costTables } from './cost-tables.ts';
import { synthesize } from './synthesis.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const definitions = deployedDefinitions();

const jwt = { issuer: 'https://issuer.example', audience: ['millrace'] };
const synthesized = await Promise.all([
  synthesize('dev'),
  synthesize('prod'),
  synthesize('prod', { context: { provisioned: false } }),
  synthesize('prod', {
    context: { shards: { default: 2 }, tableShards: 2, taskEvents: false, jwt, apiConcurrency: { router: 20 } },
  }),
  synthesize('prod', {
    context: {
      tableShards: 2,
      tableCapacity: { provisioned: { minWrites: 20, maxWrites: 800, minReads: 5, maxReads: 200 } },
    },
  }),
]);

describe.each(synthesized)('the fixed costs of $preset are those of its templates', ({ config, all, text }) => {
  const lineOf = (name: string) => fixedMonthCosts(config, definitions).find(({ what }) => what === name);

  /** Returns what is kept of each capacity that scales: the writes and the reads of a table, and of each index. */
  const capacities = (): { readonly name: string; readonly least: number }[] => {
    const found: { name: string; least: number }[] = [];
    JSON.stringify(
      all('AWS::DynamoDB::GlobalTable').map(({ Properties }) => Properties),
      (name, value) => {
        if (name.endsWith('CapacityAutoScalingSettings')) found.push({ name, least: value.MinCapacity });
        return value;
      },
    );
    return found;
  };

  test('so many units of capacity are kept', () => {
    for (const [kind, line] of [
      ['Write', 'write units a second that tables keep'],
      ['Read', 'read units a second that tables keep'],
    ] as const) {
      const kept = capacities().filter(({ name }) => name.startsWith(kind));
      expect(lineOf(line)?.quantity ?? 0).toBe(kept.reduce((sum, { least }) => sum + least, 0));
    }
  });

  test('alarms look at so many metrics', () => {
    const looks = all('AWS::CloudWatch::Alarm').flatMap(
      ({ Properties }) => Properties.Metrics?.filter((one: object) => 'MetricStat' in one) ?? [Properties],
    );
    expect(alarmMetricsOf(config, definitions)).toBe(looks.length);
    expect(lineOf('metrics that alarms look at')).toMatchObject({ quantity: looks.length });
  });

  test('so many environments are kept initialized, each of so many GB', () => {
    const targets = all('AWS::ApplicationAutoScaling::ScalableTarget');
    const memories = new Map(
      all('AWS::Lambda::Function').map(({ Properties }) => [Properties.FunctionName, Properties.MemorySize]),
    );
    const megabytes = targets.map(({ Properties, stack }) => {
      const [, name] = text(Properties.ResourceId, stack).split(':');
      return Properties.MinCapacity * memories.get(name);
    });
    const gigabytes = megabytes.reduce((sum, one) => sum + one, 0) / 1024;
    expect(lineOf('GB of environments kept initialized')?.quantity ?? 0).toBeCloseTo(gigabytes, 9);
    expect(lineOf('GB of environments kept initialized')?.dollars ?? 0).toBeCloseTo(
      gigabytes * MONTH_SECONDS * LIST_PRICES.provisionedGigabyteSecond,
      6,
    );
    const alarms = 2 * targets.length + 4 * capacities().length;
    expect(lineOf('alarms of auto scaling')?.quantity ?? 0).toBe(alarms);
  });

  test('so many queues are polled', () => {
    const polled = all('AWS::Lambda::EventSourceMapping').filter(({ Properties, stack }) =>
      text(Properties.EventSourceArn, stack).startsWith('arn:aws:sqs:'),
    );
    expect(lineOf('lanes that are polled')?.quantity).toBe(polled.length);
  });

  test('two functions are called by the clock each minute, with the memory that is reckoned with', () => {
    const rules = all('AWS::Events::Rule').map(({ Properties }) => Properties.ScheduleExpression);
    expect(rules).toEqual(['rate(1 minute)', 'rate(1 minute)']);
    for (const name of ['governor', 'sweeper']) {
      const of = all('AWS::Lambda::Function').find(
        ({ Properties }) => Properties.FunctionName === `${config.name}-${name}`,
      );
      expect(of?.Properties).toMatchObject({ MemorySize: 256 });
      expect(lineOf(`runs of the ${name}`)?.quantity).toBe(MONTH_SECONDS / 60);
    }
  });

  test('there is one dashboard, and nothing else that costs by being there', () => {
    expect(all('AWS::CloudWatch::Dashboard')).toHaveLength(lineOf('dashboard')?.quantity ?? 0);
    for (const type of ['KMS::Key', 'EC2::NatGateway', 'EC2::VPCEndpoint', 'SecretsManager::Secret', 'WAFv2::WebACL']) {
      expect(all(`AWS::${type}`), type).toEqual([]);
    }
    for (const { Properties } of all('AWS::DynamoDB::GlobalTable')) {
      expect(Properties.BillingMode === 'PROVISIONED').toBe(
        Properties.WriteProvisionedThroughputSettings !== undefined,
      );
      expect(Properties.SSESpecification?.SSEEnabled ?? false).toBe(false);
    }
  });

  test('an account needs so much concurrency', () => {
    const reserved = all('AWS::Lambda::Function').map(({ Properties }) => Properties.ReservedConcurrentExecutions ?? 0);
    const routers = all('AWS::ApplicationAutoScaling::ScalableTarget').filter(({ Properties, stack }) =>
      text(Properties.ResourceId, stack).includes(':millrace-router:'),
    );
    const isReserved = all('AWS::Lambda::Function').some(
      ({ Properties }) =>
        Properties.FunctionName === 'millrace-router' && Properties.ReservedConcurrentExecutions !== undefined,
    );
    // What is reserved of the router holds what is provisioned of it.
    const kept = isReserved ? [] : routers.map(({ Properties }) => Properties.MaxCapacity as number);
    const needed = [...reserved, ...kept, UNRESERVED_CONCURRENCY].reduce((sum, one) => sum + one, 0);
    expect(accountConcurrencyOf(config)).toBe(needed);
  });
});

test.each(['README.md', 'docs/deploy.md'])('%s says what account production needs', (document) => {
  const [, production] = synthesized;
  const needed = production === undefined ? 0 : accountConcurrencyOf(production.config);
  expect(read(document).replaceAll(/\s+/g, ' ')).toContain(`whose Lambda concurrency limit is ${needed} or more`);
});

test('docs/costs.md has the tables that the planner’s numbers make', async () => {
  const document = read('docs/costs.md');
  const tables = Object.entries(costTables());
  const made = tables.reduce(
    (text, [name, table]) =>
      text.replace(new RegExp(`(<!-- ${name} -->\n)(\\|.*\n)*`), `$1${table.replaceAll('$', '$$$$')}\n`),
    document,
  );
  for (const [name] of tables) expect(document).toContain(`<!-- ${name} -->\n`);
  // `npx vitest run --project stacks test/stacks/costs.test.ts -u` writes them anew.
  await expect(made).toMatchFileSnapshot(join(root, 'docs/costs.md'));
});
