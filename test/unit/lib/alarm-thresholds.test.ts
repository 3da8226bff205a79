import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { DEFAULT_THRESHOLDS } from '../../../lib/alarm-thresholds.ts';
import { readConfig } from '../../../lib/context.ts';

const dev = (context: Record<string, unknown>) =>
  readConfig(new App({ context: { preset: 'dev', ...context }, outdir: 'cdk.out/test-config' }).node);

describe('the configuration of alarms', () => {
  test('may change one threshold, and keeps the others', () => {
    expect(dev({ alarms: '{"errorPercent":25}' }).alarms).toEqual({ ...DEFAULT_THRESHOLDS, errorPercent: 25 });
    expect(() => dev({ alarms: { memoryPercent: 120 } })).toThrow(
      'configuration alarms.memoryPercent is 120: must be at most 100',
    );
    expect(() => dev({ alarms: { errorPercent: 0 } })).toThrow('configuration alarms.errorPercent is 0');
    expect(() => dev({ alarms: { errors: 1 } })).toThrow(
      'unknown configuration alarms.errors; there is: apiLatencyMilliseconds, apiErrorPercent,',
    );
  });

  test('may say who is told of alarms, if it is an address or a topic', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:pager';
    expect(dev({ alarmEmail: 'ops@example.com', alarmTopicArn })).toMatchObject({
      alarmEmail: 'ops@example.com',
      alarmTopicArn,
    });
    expect(() => dev({ alarmEmail: 'ops' })).toThrow('configuration alarmEmail is "ops": must be an e-mail address');
    expect(() => dev({ alarmTopicArn: 'pager' })).toThrow(
      'configuration alarmTopicArn is "pager": must be the ARN of an SNS topic',
    );
  });
});
