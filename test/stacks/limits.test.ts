import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Resource, synthesize } from './synthesis.ts';

/** "CloudFormation quotas": of one stack, and of one template's text. */
const STACK = { resources: 500, outputs: 200, templateBytes: 1_000_000 };

/** API_PutMetricAlarm, API_MetricDataQuery and API_Dimension of the CloudWatch API reference. */
const ALARM = {
  nameLength: 255,
  descriptionLength: 1024,
  actions: 5,
  metrics: 10,
  expressions: 10,
  expressionLength: 2048,
  dimensions: 30,
  dimensionValueLength: 1024,
  lookedAtSeconds: 86_400,
};

/** "CloudWatch service quotas" and "Dashboard body structure and syntax"; a graph is one GetMetricData of 500 queries. */
const DASHBOARD = { widgets: 500, metricsOfWidget: 500, metrics: 2500, expressionLength: 2048, searchLength: 1024 };

/** API_PutQueryDefinition, and "CloudWatch Logs quotas" for the groups of a query. */
const QUERY = { nameLength: 255, length: 10_000, logGroups: 50 };

/** The largest deployment that the configuration allows, under the longest name. */
const LARGEST = {
  name: 'a'.repeat(31),
  shards: { default: 4, 'io-intensive': 4, 'cpu-intensive': 4, 'memory-intensive': 4 },
  tableShards: 16,
  indexShards: 64,
  lambdaInsights: true,
  alarmEmail: 'ops@example.com',
  alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager',
};

type Query = {
  readonly Expression?: string;
  readonly MetricStat?: { readonly Period: number; readonly Metric: Metric };
};
type Metric = { readonly Dimensions?: readonly { readonly Value: unknown }[] };
type Line = readonly (string | { readonly expression?: string })[];

const queriesOf = ({ Properties }: Resource): Query[] =>
  Properties.Metrics ?? [{ MetricStat: { Period: Properties.Period, Metric: Properties } }];

describe.each([
  ['to try', await synthesize('dev')],
  ['for production', await synthesize('prod')],
  ['as large as can be', await synthesize('prod', { context: LARGEST })],
])('a deployment %s keeps the limits', (_, { all, templates, text, config, assembly }) => {
  const operations = `${config.name}-operations`;

  test.each([...templates.keys()])('of CloudFormation in %s', (stack) => {
    const template = templates.get(stack)?.toJSON();
    expect(Object.keys(template?.Resources).length).toBeLessThanOrEqual(STACK.resources);
    expect(Object.keys(template?.Outputs ?? {}).length).toBeLessThanOrEqual(STACK.outputs);
    const file = join(assembly.directory, `${stack}.template.json`);
    expect(statSync(file).size).toBeLessThanOrEqual(STACK.templateBytes);
  });

  test('of alarms', () => {
    for (const alarm of all('AWS::CloudWatch::Alarm')) {
      const { AlarmName, AlarmDescription, EvaluationPeriods, AlarmActions = [], OKActions = [] } = alarm.Properties;
      expect(AlarmName.length, AlarmName).toBeLessThanOrEqual(ALARM.nameLength);
      expect(AlarmDescription.length, AlarmName).toBeLessThanOrEqual(ALARM.descriptionLength);
      for (const actions of [AlarmActions, OKActions]) expect(actions.length).toBeLessThanOrEqual(ALARM.actions);
      const queries = queriesOf(alarm);
      const expressions = queries.flatMap(({ Expression }) => Expression ?? []);
      const stats = queries.flatMap(({ MetricStat }) => MetricStat ?? []);
      expect(stats.length, AlarmName).toBeLessThanOrEqual(ALARM.metrics);
      expect(expressions.length, AlarmName).toBeLessThanOrEqual(ALARM.expressions);
      for (const expression of expressions) {
        expect(expression.length, AlarmName).toBeLessThanOrEqual(ALARM.expressionLength);
        expect(expression, AlarmName).not.toMatch(/SEARCH|METRICS\(/);
      }
      for (const { Period, Metric } of stats) {
        expect(Period * EvaluationPeriods, AlarmName).toBeLessThanOrEqual(ALARM.lookedAtSeconds);
        expect(Metric.Dimensions?.length ?? 0, AlarmName).toBeLessThanOrEqual(ALARM.dimensions);
        for (const { Value } of Metric.Dimensions ?? []) {
          expect(text(Value, operations).length, AlarmName).toBeLessThanOrEqual(ALARM.dimensionValueLength);
        }
      }
    }
  });

  test('of dashboards', () => {
    const [dashboard] = all('AWS::CloudWatch::Dashboard');
    expect(dashboard?.Properties.DashboardName).toMatch(/^[\w-]{1,255}$/);
    const { widgets } = JSON.parse(text(dashboard?.Properties.DashboardBody, operations));
    const lines: Line[][] = widgets.map(({ properties }: { properties: { metrics: Line[] } }) => properties.metrics);
    expect(lines.length).toBeLessThanOrEqual(DASHBOARD.widgets);
    for (const ofWidget of lines) expect(ofWidget.length).toBeLessThanOrEqual(DASHBOARD.metricsOfWidget);
    expect(lines.flat().length).toBeLessThanOrEqual(DASHBOARD.metrics);
    const expressions = lines.flat().flatMap(([first]) => (typeof first === 'object' ? [first.expression ?? ''] : []));
    expect(expressions.length).toBeGreaterThan(10);
    for (const expression of expressions) {
      expect(expression.length).toBeLessThanOrEqual(DASHBOARD.expressionLength);
      for (const [, search = ''] of expression.matchAll(/SEARCH\('([^']*)'/g)) {
        expect(search.length).toBeLessThanOrEqual(DASHBOARD.searchLength);
      }
    }
  });

  test('of saved queries', () => {
    for (const { Properties } of all('AWS::Logs::QueryDefinition')) {
      expect(Properties.Name.length).toBeLessThanOrEqual(QUERY.nameLength);
      expect(Properties.QueryString.length).toBeLessThanOrEqual(QUERY.length);
      expect(Properties.LogGroupNames.length).toBeLessThanOrEqual(QUERY.logGroups);
    }
  });

  test('of names', () => {
    // "Lambda quotas", "Amazon SQS message quotas".
    for (const { Properties } of all('AWS::Lambda::Function')) expect(Properties.FunctionName).toMatch(/^[\w-]{1,64}$/);
    for (const { Properties } of all('AWS::SQS::Queue')) expect(Properties.QueueName).toMatch(/^[\w-]{1,80}$/);
  });
});
