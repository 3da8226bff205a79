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
      PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
    })),
  );
});

test('a deployment to try keeps none', async () => {
  const dev = await synthesize('dev');
  for (const type of ['AWS::Lambda::Alias', 'AWS::Lambda::Version', 'AWS::ApplicationAutoScaling::ScalableTarget']) {
    expect(dev.all(type), type).toEqual([]);
  }
});
