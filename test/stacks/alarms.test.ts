import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  INVOCATION_MARGIN_SECONDS,
  LANE_KINDS,
  LANE_OBJECTIVE_SECONDS,
  RESOURCE_CLASSES,
} from '../../functions/contract.ts';
import { METRIC_DIMENSIONS, METRICS, METRICS_NAMESPACE } from '../../functions/metrics.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';
import { discovered } from '../doubles/shipped-tasks.ts';
import { type Resource, synthesize } from './synthesis.ts';

type Dimension = { readonly Name: string; readonly Value: unknown };
type Metric = { readonly Namespace: string; readonly MetricName: string; readonly Dimensions: readonly Dimension[] };

const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);

const costs = readFileSync(join(import.meta.dirname, '../../docs/costs.md'), 'utf8');
const { definitions } = discovered;

describe.each([await synthesize('dev'), await synthesize('prod')])('the alarms of $preset', ({ all, text, config }) => {
  const alarms = all('AWS::CloudWatch::Alarm');
  const headingOf = ({ Properties }: Resource) => /^docs\/runbook\.md, "(.+)"$/.exec(Properties.AlarmDescription)?.[1];
  const under = (heading: string) => alarms.filter((alarm) => headingOf(alarm) === heading);
  const metricsOf = ({ Properties }: Resource): Metric[] =>
    Properties.Metrics?.flatMap(({ MetricStat }: { MetricStat?: { Metric: Metric } }) => MetricStat?.Metric ?? []) ?? [
      Properties,
    ];
  const expressionOf = ({ Properties }: Resource): string =>
    Properties.Metrics.find(({ ReturnData }: { ReturnData?: boolean }) => ReturnData !== false).Expression;
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
    // Callers who wait for a task would be in that of the gateway.
    const watched = { Namespace: 'AWS/Lambda', MetricName: 'Duration', ExtendedStatistic: 'p99' };
    expect(alarm?.Properties).toMatchObject({ ...watched, Threshold: 1000 });
    expect(dimensionOf(alarm?.Properties as Metric | undefined, 'FunctionName')).toBe('millrace-router');
  });

  test('watch for dead letters of each class, and of the projector', () => {
    expect(
      under('Dead letters').map(({ Properties }) => [dimensionOf(Properties, 'QueueName'), Properties.Threshold]),
    ).toEqual([...RESOURCE_CLASSES, 'projector'].map((name) => [`millrace-${name}-dead-letters`, 0]));
  });

  test('watch the depth of each class in tasks, as the governor tells it', () => {
    const watched = under('Queue depth').map(({ Properties }) => dimensionOf(Properties, 'ResourceClass'));
    expect(watched).toEqual(RESOURCE_CLASSES);
    for (const { Properties } of under('Queue depth')) {
      expect(Properties).toMatchObject({
        MetricName: METRICS.waitingPerExecutor.name,
        Statistic: 'Maximum',
        Threshold: 100,
        Period: 60,
        EvaluationPeriods: 5,
      });
    }
  });

  test('watch for platform failures in each class, also where a task alone on its lane fails', () => {
    const watched = under('Platform failures').map(({ Properties }) => dimensionOf(Properties, 'ResourceClass'));
    expect(watched).toEqual(RESOURCE_CLASSES);
    for (const { Properties } of under('Platform failures')) {
      const { MetricName } = Properties;
      expect(MetricName).toBe(METRICS.platformFailed.name);
      expect(Properties).toMatchObject({ Statistic: 'Sum', Period: 300, Threshold: 0, EvaluationPeriods: 1 });
    }
  });

  test('watch the share of tasks that fail in each class, also while none succeeds', () => {
    for (const alarm of under('Task errors')) {
      const names = metricsOf(alarm).map(({ MetricName }) => MetricName);
      expect(names).toEqual([METRICS.failed.name, METRICS.succeeded.name, METRICS.failed.name]);
      expect(expressionOf(alarm)).toBe('100 * FILL(part, 0) / (FILL(m0, 0) + FILL(m1, 0))');
      expect(alarm.Properties).toMatchObject({ Threshold: 10, EvaluationPeriods: 2 });
    }
    expect(under('Task errors')).toHaveLength(RESOURCE_CLASSES.length);
  });

  test('watch the attempts of each type, and call before its timeout does, whatever that was changed to', () => {
    const watched = under('Execution time').map(({ Properties }) => [
      dimensionOf(Properties, 'TaskType'),
      Properties.Threshold,
    ]);
    expect(watched).toEqual(definitions.map((one) => [one?.type, 90]));
    for (const { Properties } of under('Execution time')) {
      expect(Properties).toMatchObject({ MetricName: METRICS.timeoutUse.name, ExtendedStatistic: 'p99' });
    }
    expect(METRICS.timeoutUse.unit).toBe('Percent');
  });

  test('watch how long tenants wait who did not fill their lane', () => {
    expect(under('Quiet tenants wait')).toHaveLength(lanes.length);
    for (const { Properties } of under('Quiet tenants wait')) {
      expect(Properties.MetricName).toBe('ApproximateAgeOfOldestMessageInQuietGroups');
      const all = under('Oldest message').find(
        (one) => dimensionOf(one.Properties, 'QueueName') === dimensionOf(Properties, 'QueueName'),
      );
      expect(Properties.Threshold).toBeLessThan(all?.Properties.Threshold);
    }
  });

  test('watch that every function that callers or messages wait for is not throttled', () => {
    const watched = under('Throttles').map((alarm) => metricsOf(alarm).map((one) => dimensionOf(one, 'FunctionName')));
    const executors = RESOURCE_CLASSES.map((name) => `millrace-executor-${name}-0`);
    expect(watched.flat().sort()).toEqual(
      [...executors, 'millrace-router', 'millrace-waiter', 'millrace-authorizer'].sort(),
    );
  });

  test('watch the executors and the memory of each class', () => {
    const concurrency = under('Concurrency');
    const memory = under('Memory');
    const ofWaiter = ['ConcurrentExecutions', 0.9 * (config.waiters + 50)];
    expect(concurrency.map(({ Properties }) => [Properties.MetricName, Properties.Threshold])).toEqual([
      ...RESOURCE_CLASSES.map(() => ['ConcurrentExecutions', 9]),
      ofWaiter,
    ]);
    expect(memory.map(({ Properties }) => [dimensionOf(Properties, 'ResourceClass'), Properties.Threshold])).toEqual(
      RESOURCE_CLASSES.map((name) => [name, 90]),
    );
  });

  test('watch the CPU and the /tmp of each class, of what it has', () => {
    const cpu = under('CPU');
    const storage = under('Temporary storage');
    for (const watched of [cpu, storage]) {
      expect(watched.map(({ Properties }) => [dimensionOf(Properties, 'ResourceClass'), Properties.Threshold])).toEqual(
        RESOURCE_CLASSES.map((name) => [name, 90]),
      );
    }
    for (const { Properties } of cpu) {
      const lasting = { Statistic: 'Average', Period: 300, EvaluationPeriods: 3 };
      expect(Properties).toMatchObject({ MetricName: METRICS.cpuUtilization.name, ...lasting });
    }
    for (const { Properties } of storage) {
      expect(Properties).toMatchObject({ MetricName: METRICS.temporaryStorage.name, Statistic: 'Maximum' });
    }
    expect([METRICS.cpuUtilization.unit, METRICS.temporaryStorage.unit]).toEqual(['Percent', 'Percent']);
  });

  test('watch the tables that every task is written to', () => {
    const watched = under('DynamoDB throttles').map((alarm) =>
      metricsOf(alarm).map((one) => dimensionOf(one, 'TableName')),
    );
    const indexes = ['byType', 'byStatus', 'byAssignee', 'byWorkflow', 'byFailure', 'due'];
    expect(watched).toEqual([
      ['Tasks', 'Tasks', ...indexes.map(() => 'Tasks')],
      ['Control', 'Control'],
      ['Statistics', 'Statistics'],
    ]);
    const ofIndexes = under('DynamoDB throttles').flatMap((alarm) =>
      metricsOf(alarm).flatMap((one) => dimensionOf(one, 'GlobalSecondaryIndexName') ?? []),
    );
    expect(ofIndexes).toEqual(indexes);
    expect(under('DynamoDB latency').map(({ Properties }) => dimensionOf(Properties, 'Operation'))).toEqual([
      'DynamoDB.PutItem',
      'DynamoDB.UpdateItem',
      'DynamoDB.BatchExecuteStatement',
    ]);
  });

  test('watch how far statistics and events are behind', () => {
    const watched = under('Changes lag').map(({ Properties }) => [
      dimensionOf(Properties, 'FunctionName'),
      Properties.MetricName,
      Properties.Statistic,
      Properties.Threshold,
    ]);
    expect(watched).toEqual(
      ['projector', 'events'].map((name) => [`millrace-${name}`, 'IteratorAge', 'Maximum', 60_000]),
    );
  });

  test('watch how many requests the API fails', () => {
    const [alarm, ...others] = under('API errors');
    expect(others).toEqual([]);
    expect(alarm && expressionOf(alarm)).toBe('100 * FILL(part, 0) / (FILL(m0, 0))');
    expect(alarm && metricsOf(alarm).map(({ MetricName }) => MetricName)).toEqual(['5xx', 'Count']);
  });

  test('cost what docs/costs.md says', () => {
    const fixed = alarms.filter((alarm) => headingOf(alarm) !== 'Execution time');
    const metrics = fixed.flatMap(metricsOf).length;
    const sentence = `${fixed.length} alarms look at ${metrics} metrics: $${(metrics * LIST_PRICES.alarmMetricMonth).toFixed(2)} a month`;
    expect(costs.replaceAll(/\s+/g, ' ')).toContain(sentence);
  });

  test('watch the oldest message of each lane, and let it run before they call', () => {
    expect(under('Oldest message')).toHaveLength(lanes.length);
    for (const { resourceClass, kind } of lanes) {
      const queue = `millrace-${resourceClass}-${kind}-0`;
      const alarm = under('Oldest message').find(({ Properties }) => dimensionOf(Properties, 'QueueName') === queue);
      // The longest run of a task, which is less than the function's own time: that has room for a second one.
      const runSeconds = RESOURCE_CLASS_SPECS[resourceClass].timeoutSeconds + INVOCATION_MARGIN_SECONDS;
      expect(alarm?.Properties.MetricName).toBe('ApproximateAgeOfOldestMessage');
      expect(alarm?.Properties.Threshold, queue).toBe(LANE_OBJECTIVE_SECONDS[kind] + runSeconds);
    }
  });

  test('watch how long tasks of each lane waited', () => {
    const watched = under('Wait time').map(({ Properties }) => {
      return ['service', ...METRIC_DIMENSIONS.lane].map((name) => dimensionOf(Properties, name));
    });
    expect(watched).toEqual(lanes.map(({ resourceClass, kind }) => ['millrace', resourceClass, kind]));
    for (const { Properties } of under('Wait time')) {
      expect(Properties).toMatchObject({ MetricName: METRICS.wait.name, ExtendedStatistic: 'p99' });
      expect(METRICS.wait.unit).toBe('Milliseconds');
      const objective = LANE_OBJECTIVE_SECONDS[dimensionOf(Properties, 'Lane') as (typeof LANE_KINDS)[number]];
      expect(Properties.Threshold).toBe(objective * 1000);
    }
  });

  test('read metrics of our own by the names and dimensions of the contract', () => {
    const own = alarms.flatMap(metricsOf).filter(({ Namespace }) => Namespace === METRICS_NAMESPACE);
    expect(own).not.toEqual([]);
    for (const { MetricName, Dimensions } of own) {
      const metric = Object.values(METRICS).find(({ name }) => name === MetricName);
      const names = metric && ['service', ...METRIC_DIMENSIONS[metric.by]];
      expect(Dimensions.map(({ Name }) => Name).sort()).toEqual(names?.sort());
    }
  });

  test('watch queues that exist', () => {
    const queues = new Set(all('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName));
    const watched = alarms.flatMap(metricsOf).flatMap((metric) => dimensionOf(metric, 'QueueName') ?? []);
    expect(watched.filter((name) => !queues.has(name))).toEqual([]);
  });
});
