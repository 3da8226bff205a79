import { describe, expect, test } from 'vitest';
import { LEFT_OUT, withoutLeftOut } from '../../../local/left-out-resources.ts';

const queue = { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } };
const target = { Type: 'AWS::ApplicationAutoScaling::ScalableTarget', Properties: { MinCapacity: 3 } };
const policy = { Type: 'AWS::ApplicationAutoScaling::ScalingPolicy', Properties: { Id: { Ref: 'Target' } } };

describe('what the local cloud refuses', () => {
  test('is taken out by its type, and everything else stays as it is', () => {
    const template = { Description: 'as it ships', Resources: { Queue: queue, Target: target, Policy: policy } };
    expect(withoutLeftOut(template)).toEqual({ Description: 'as it ships', Resources: { Queue: queue } });
  });

  test('are alarms on metric math alone, and no other alarm', () => {
    const alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'Latency' } };
    const onMath = { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression: 'a + b' }] } };
    expect(withoutLeftOut({ Resources: { alarm, onMath } })).toEqual({ Resources: { alarm } });
  });

  test('are waited for by nobody', () => {
    const later = { ...queue, DependsOn: ['Target', 'Queue'] };
    const template = { Resources: { Queue: queue, Later: later, Target: target } };
    expect(withoutLeftOut(template)).toEqual({
      Resources: { Queue: queue, Later: { ...later, DependsOn: ['Queue'] } },
    });
  });

  test('is not taken out where something refers to it', () => {
    const template = {
      Resources: { Queue: { ...queue, Properties: { QueueName: { Ref: 'Target' } } }, Target: target },
    };
    expect(() => withoutLeftOut(template)).toThrow('Target cannot be left out');
  });

  test('each has its reason', () => {
    for (const { reason } of LEFT_OUT) expect(reason).toMatch(/^MiniStack \w+/);
  });
});
