import { expect, test } from 'vitest';
import { readConfig, settingsFromContext } from '../../../lib/context.ts';

const read = (context: Record<string, unknown>) => readConfig({ getAllContext: () => ({ preset: 'dev', ...context }) });

test('context of the CDK and of a team is left alone, whatever it looks like', () => {
  const others = {
    stage: 'blue',
    vpcId: 'vpc-1',
    environments: { blue: { account: '1' } },
    tags: ['a'],
    '@aws-cdk/core:checkSecretUsage': true,
    'hosted-zone:account=1:domainName=a.example:region=eu-west-1': { Id: 'Z' },
    'load-balancer:account=1': {},
    'ami:account=1:filters.name.0=x': 'ami-1',
  };
  expect(read(others)).toEqual(read({}));
  const settings = settingsFromContext({ getAllContext: () => ({ preset: 'prod', ...others }) });
  expect(settings).toEqual({ preset: 'prod', classes: {} });
});

test.each([
  ['retentionDay', 'retentionDays'],
  ['retainDate', 'retainData'],
  ['PRESETS', 'preset'],
  ['shard', 'shards'],
  ['outbound_hosts', 'outboundHosts'],
])('%s is refused, since it looks like a setting', (key, meant) => {
  expect(() => read({ [key]: 1 })).toThrow(
    `unknown configuration ${key}: ${meant} is meant, or if it is a key of your own it needs a name that looks less like it`,
  );
});
