import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  LANE_KINDS,
  LANE_OBJECTIVE_SECONDS,
  METRIC_DIMENSIONS,
  METRICS,
  METRICS_NAMESPACE,
  RESOURCE_CLASSES,
} from '../../functions/contract.ts';
import { type Resource, synthesize } from './synthesis.ts';

type Dimension = { readonly Name: string; readonly Value: unknown };
type Metric = { readonly Namespace: string; readonly MetricName: string; readonly Dimensions: readonly Dimension[] };

const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

describe.each([await synthesize('dev'), await synthesize('prod')])('the alarms of $preset', ({ all, text }) => {
  const alarms = all('AWS::CloudWatch::Alarm');
  const headingOf = ({ Properties }: Resource) => /^docs\/runbook\.md, "(.+)"$/.exec(Properties.AlarmDescription)?.[1];
  const under = (heading: string) => alarms.filter((alarm) => headingOf(alarm) === heading);
  const metricsOf = ({ Properties }: Resource): Metric[] =>
    Properties.Metrics?.flatMap(({ MetricStat }: { MetricStat?: { Metric: Metric } }) => MetricStat?.Metric ?? []) ?? [
      Properties,
    ];
  const dimensionOf = (metric: Metric | undefined, name: string) => {
    const value = metric?.Dimensions.find((dimension) => dimension.Name === name)?.Value;
    return value === undefined ? undefined : text(value, 'millrace-operations');
  };
  const lanes = RESOURCE_CLASSES.flatMap((resourceClass) => LANE_KINDS.map((kind) => ({ resourceClass, kind })));
  const namesOf = (found: readonly Resource[]) => found.map(({ Properties }) => Properties.AlarmName).sort();

  test('each have a heading in the runbook, and each heading an alarm', () => {
    expect(alarms.filter((alarm) => headingOf(alarm) === undefined)).toEqual([]);
    expect([...new Set(alarms.map(headingOf))].sort()).toEqual([...headings].sort());
  });

  test('each say what silence means, and wait for it to last', () => {
    const stillness = alarms.filter((alarm) => headingOf(alarm)?.endsWith('not running'));
    for (const { Properties } of alarms.filter((alarm) => !stillness.includes(alarm))) {
      expect(Properties.TreatMissingData).toBe('notBreaching');
      expect(Properties.EvaluationPeriods).toBeGreaterThan(0);
      expect(Properties.ComparisonOperator).toBe('GreaterThanThreshold');
    }
  });

  test.each(['Governor', 'Sweeper'])('watch that the %s runs, and go off where nothing is heard of it', (name) => {
    const [alarm, ...others] = under(`${name} not running`);
    expect(others).toEqual([]);
    expect(alarm?.Properties).toMatchObject({
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
    });
    const functions = new Set(all('AWS::Lambda::Function').map(({ Properties }) => Properties.FunctionName));
    const watched = alarm === undefined ? [] : metricsOf(alarm);
    expect(watched.map(({ MetricName }) => MetricName)).toEqual(['Invocations', 'Errors']);
    expect(watched.map((metric) => dimensionOf(metric, 'FunctionName'))).toEqual(
      Array(2).fill(`millrace-${name.toLowerCase()}`),
    );
    expect(functions).toContain(`millrace-${name.toLowerCase()}`);
  });

  test('have names of their own, which say whose they are', () => {
    const names = namesOf(alarms);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !name.startsWith('millrace '))).toEqual([]);
  });

  test('watch the latency of the API', () => {
    const [alarm, ...others] = under('API latency');
    expect(others).toEqual([]);
    const [{ MetricStat: watched }] = alarm?.Properties.Metrics ?? [{}];
    expect(watched).toMatchObject({ Metric: { Namespace: 'AWS/ApiGateway', MetricName: 'Latency' }, Stat: 'p99' });
    expect(dimensionOf(watched.Metric, 'ApiId')).toBe('Api');
  });

  test('watch for dead letters of each class, and of the projector', () => {
    expect(
      under('Dead letters').map(({ Properties }) => [dimensionOf(Properties, 'QueueName'), Properties.Threshold]),
    ).toEqual([...RESOURCE_CLASSES, 'projector'].map((name) => [`millrace-${name}-dead-letters`, 0]));
  });

  test('watch the depth of each class, also while one of its lanes sends no metrics', () => {
    const watched = under('Queue depth').map((alarm) =>
      metricsOf(alarm).map((metric) => dimensionOf(metric, 'QueueName')),
    );
    expect(watched).toEqual(RESOURCE_CLASSES.map((name) => LANE_KINDS.map((kind) => `millrace-${name}-${kind}-0`)));
    for (const { Properties } of under('Queue depth')) {
      const { Expression: expression } = Properties.Metrics.find(
        ({ ReturnData }: { ReturnData: boolean }) => ReturnData,
      );
      expect(expression).toBe('SUM([FILL(m0, 0), FILL(m1, 0), FILL(m2, 0), FILL(m3, 0)])');
    }
  });

  test('watch for platform failures in each class, also where a task alone on its lane fails', () => {
    const watched = under('Platform failures').map((alarm) =>
      metricsOf(alarm).map((metric) => [
        metric.MetricName,
        ...Object.values(METRIC_DIMENSIONS).map((name) => dimensionOf(metric, name)),
      ]),
    );
    const failuresOf = (name: string) =>
      LANE_KINDS.map((kind) => [METRICS.platformFailed.name, 'millrace', name, kind]);
    expect(watched).toEqual(RESOURCE_CLASSES.map(failuresOf));
    for (const { Properties } of under('Platform failures')) {
      const [expression, ...metrics] = Properties.Metrics;
      expect(expression.Expression).toBe('SUM([FILL(m0, 0), FILL(m1, 0), FILL(m2, 0), FILL(m3, 0)])');
      for (const { MetricStat } of metrics) expect(MetricStat).toMatchObject({ Stat: 'Sum', Period: 300 });
      expect([Properties.Threshold, Properties.EvaluationPeriods]).toEqual([0, 1]);
    }
  });

  test('watch the oldest message of each lane, and let it run before they call', () => {
    expect(under('Oldest message')).toHaveLength(lanes.length);
    for (const { resourceClass, kind } of lanes) {
      const queue = `millrace-${resourceClass}-${kind}-0`;
      const alarm = under('Oldest message').find(({ Properties }) => dimensionOf(Properties, 'QueueName') === queue);
      const executor = all('AWS::Lambda::Function').find(
        ({ Properties }) => Properties.FunctionName === `millrace-executor-${resourceClass}-0`,
      );
      expect(alarm?.Properties.MetricName).toBe('ApproximateAgeOfOldestMessage');
      expect(alarm?.Properties.Threshold, queue).toBe(LANE_OBJECTIVE_SECONDS[kind] + executor?.Properties.Timeout);
    }
  });

  test('watch how long tasks of each lane waited', () => {
    const watched = under('Wait time').map(({ Properties }) => {
      return Object.values(METRIC_DIMENSIONS).map((name) => dimensionOf(Properties, name));
    });
    expect(watched).toEqual(lanes.map(({ resourceClass, kind }) => ['millrace', resourceClass, kind]));
    for (const { Properties } of under('Wait time')) {
      expect(Properties).toMatchObject({ MetricName: METRICS.wait.name, ExtendedStatistic: 'p99' });
      expect(METRICS.wait.unit).toBe('Milliseconds');
      const objective =
        LANE_OBJECTIVE_SECONDS[dimensionOf(Properties, METRIC_DIMENSIONS.lane) as (typeof LANE_KINDS)[number]];
      expect(Properties.Threshold).toBe(objective * 1000);
    }
  });

  test('read metrics of our own by the names and dimensions of the contract', () => {
    const own = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === METRICS_NAMESPACE);
    const names: string[] = Object.values(METRICS).map(({ name }) => name);
    expect(own).not.toEqual([]);
    for (const { MetricName, Dimensions } of own) {
      expect(names).toContain(MetricName);
      expect(Dimensions.map(({ Name }) => Name).sort()).toEqual(Object.values(METRIC_DIMENSIONS).sort());
    }
  });

  test('watch queues that exist', () => {
    const queues = new Set(all('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName));
    const watched = alarms.flatMap(metricsOf).flatMap((metric) => dimensionOf(metric, 'QueueName') ?? []);
    expect(watched.filter((name) => !queues.has(name))).toEqual([]);
  });
});
