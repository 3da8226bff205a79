import { expect, test } from 'vitest';
import { RESOURCE_CLASSES } from '../../functions/contract.ts';
import { synthesize } from './synthesis.ts';

const FUNCTIONS = ['router', ...RESOURCE_CLASSES.map((name) => `executor-${name}-0`)].map((name) => `millrace-${name}`);
const { all, text } = await synthesize('prod');

test('production keeps three to ten environments of the router and the executors, at 70 % in use', () => {
  const targets = all('AWS::ApplicationAutoScaling::ScalableTarget').map(({ Properties, stack }) => ({
    of: text(Properties.ResourceId, stack),
    least: Properties.MinCapacity,
    most: Properties.MaxCapacity,
  }));
  expect(targets.toSorted((a, b) => (a.of < b.of ? -1 : 1))).toEqual(
    FUNCTIONS.map((name) => ({ of: `function:${name}:live`, least: 3, most: 10 })).sort((a, b) =>
      a.of < b.of ? -1 : 1,
    ),
  );
  const policies = all('AWS::ApplicationAutoScaling::ScalingPolicy').map(
    ({ Properties }) => Properties.TargetTrackingScalingPolicyConfiguration,
  );
  expect(policies).toEqual(
    FUNCTIONS.map(() => ({
      TargetValue: 0.7,
      CustomizedMetricSpecification: {
        Metrics: [
          {
            Id: 'told',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/Lambda',
                MetricName: 'ProvisionedConcurrencyUtilization',
                Dimensions: [
                  { Name: 'FunctionName', Value: expect.any(String) },
                  { Name: 'Resource', Value: expect.stringMatching(/:live$/) },
                ],
              },
              Stat: 'Maximum',
            },
            ReturnData: false,
          },
          // Without traffic nothing is told, and what is not told would never let it shrink.
          { Id: 'utilization', Expression: 'FILL(told, 0)', Label: 'Utilization', ReturnData: true },
        ],
      },
    })),
  );
});

test('a deployment to try keeps none', async () => {
  const dev = await synthesize('dev');
  expect(dev.all('AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
});
