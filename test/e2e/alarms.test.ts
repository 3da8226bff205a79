import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  type StandardUnit,
} from '@aws-sdk/client-cloudwatch';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { awsClient } from '../doubles/aws-client.ts';

type Alarm = PutMetricAlarmCommandInput & { readonly Metrics?: readonly object[] };

const cloudwatch = new CloudWatchClient(awsClient);
const template = JSON.parse(readFileSync(join(inject('stack').assembly, 'millrace-operations.template.json'), 'utf8'));
const resources: { Type: string; Properties: Alarm }[] = Object.values(template.Resources);
const alarms = resources.filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const headingOf = ({ AlarmDescription = '' }: Alarm) => /"(.+)"/.exec(AlarmDescription)?.[1] ?? AlarmDescription;

/**
 * There is one alarm of each kind. The local cloud evaluates no metric math, no missing data, no period for itself and
 * no dimension: two alarms of one metric are the same to it, and those with an expression it never looks at.
 */
const byHeading = new Map(alarms.filter(({ Metrics }) => Metrics === undefined).map((one) => [headingOf(one), one]));

/** A dimension that only a deployment can name has a name here. */
const dimensionsOf = ({ Dimensions = [] }: Alarm) =>
  Dimensions.map(({ Name, Value }) => ({ Name, Value: typeof Value === 'string' ? Value : 'deployed' }));

const measured = (alarm: Alarm, Value: number) =>
  cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: alarm.Namespace,
      MetricData: [
        { MetricName: alarm.MetricName, Dimensions: dimensionsOf(alarm), Value, Unit: alarm.Unit as StandardUnit },
      ],
    }),
  );

async function stateOf({ AlarmName = '' }: Alarm) {
  const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }));
  return MetricAlarms?.[0]?.StateValue;
}

afterAll(async () => {
  const AlarmNames = [...byHeading.values()].flatMap(({ AlarmName }) => AlarmName ?? []);
  await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames }));
});

describe('an alarm, as its template has it', () => {
  it.each([...byHeading])('%s is quiet at its threshold, and goes off above it', async (_heading, alarm) => {
    const threshold = alarm.Threshold ?? Number.NaN;
    await cloudwatch.send(new PutMetricAlarmCommand({ ...alarm, Dimensions: dimensionsOf(alarm) }));
    await measured(alarm, threshold);
    expect(await stateOf(alarm)).toBe('OK');
    await measured(alarm, threshold + 1);
    expect(await stateOf(alarm)).toBe('ALARM');
  });

  it('is driven here unless it holds metric math', () => {
    const others = new Set(alarms.map(headingOf).filter((heading) => !byHeading.has(heading)));
    expect([...others].sort()).toEqual([
      'API errors',
      'DynamoDB throttles',
      'Governor not running',
      'Sweeper not running',
      'Task errors',
    ]);
  });
});
