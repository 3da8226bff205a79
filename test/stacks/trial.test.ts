import { describe, expect, test } from 'vitest';
import { LANE_KINDS, MAX_RECEIVE_COUNT } from '../../functions/contract.ts';
import { synthesize } from './synthesis.ts';

const { all, config } = await synthesize('trial');

describe('a deployment to try, in an account that may run ten functions at a time', () => {
  test('reserves none of them, and keeps none initialized', () => {
    const functions = all('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(5);
    for (const { id, Properties } of functions) {
      expect(Properties, id).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    expect(all('AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
    for (const { Properties } of all('AWS::Lambda::Alias')) {
      expect(Properties).not.toHaveProperty('ProvisionedConcurrencyConfig');
    }
  });

  test('asks for two executors of each lane, the least that an event source takes', () => {
    const lanes = all('AWS::Lambda::EventSourceMapping').filter(({ Properties }) => 'ScalingConfig' in Properties);
    expect(lanes).toHaveLength(LANE_KINDS.length * Object.keys(config.classes).length);
    for (const { Properties } of lanes) expect(Properties.ScalingConfig).toEqual({ MaximumConcurrency: 2 });
    // One lane with work beside the express lane has no more than these either.
    for (const { reserved } of Object.values(config.classes)) expect(reserved).toBe(4);
  });

  test('loses no message for want of room: that it was refused counts as a delivery', async () => {
    const received = (queues: typeof all) =>
      queues('AWS::SQS::Queue').flatMap(({ Properties }) => Properties.RedrivePolicy?.maxReceiveCount ?? []);
    expect(new Set(received(all))).toEqual(new Set([1_000]));
    expect(new Set(received((await synthesize('dev')).all))).toEqual(new Set([MAX_RECEIVE_COUNT]));
  });

  test('has no alarms, and nothing that stays when its stacks go', () => {
    expect(all('AWS::CloudWatch::Alarm')).toEqual([]);
    for (const type of ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup']) {
      const resources = all(type) as readonly { readonly id: string; readonly DeletionPolicy?: string }[];
      expect(resources.length, type).toBeGreaterThan(0);
      for (const { id, DeletionPolicy } of resources) expect(DeletionPolicy, id).toBe('Delete');
    }
    for (const { Properties } of all('AWS::DynamoDB::GlobalTable')) {
      for (const { DeletionProtectionEnabled } of Properties.Replicas)
        expect(DeletionProtectionEnabled ?? false).toBe(false);
    }
    for (const { Properties } of all('AWS::Logs::LogGroup')) expect(Properties.RetentionInDays).toBe(3);
    expect(config.retentionDays).toBe(3);
  });
});

describe('what trial leaves out', () => {
  test('can be asked for', async () => {
    const context = { reservations: true, alarms: { apiErrorPercent: 5 } };
    const asked = await synthesize('trial', { context });
    expect(asked.config.alarms).toMatchObject({ apiErrorPercent: 5, concurrencyPercent: 90 });
    expect(asked.config.classes.default).toMatchObject({
      reserved: 10,
      lanes: { high: 4, normal: 2, low: 2, batch: 2 },
    });
    expect(asked.all('AWS::CloudWatch::Alarm').length).toBeGreaterThan(20);
  });

  test('can be left out of another', async () => {
    const lean = await synthesize('dev', { context: { reservations: false, alarms: false } });
    expect(lean.all('AWS::CloudWatch::Alarm')).toEqual([]);
    expect(
      lean.all('AWS::Lambda::Function').some(({ Properties }) => 'ReservedConcurrentExecutions' in Properties),
    ).toBe(false);
  });
});
