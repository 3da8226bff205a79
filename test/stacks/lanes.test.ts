import { describe, expect, test } from 'vitest';
import { executorKeyOf, LANE_KINDS, queueNameOf, RESOURCE_CLASSES } from '../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { httpBulk } from '../../tasks/http-bulk/definition.ts';
import { queueArn, synthesize } from './synthesis.ts';

const DAY_SECONDS = 86_400;

const deployments = [
  await synthesize('dev'),
  await synthesize('prod', { context: { concurrency: { 'io-intensive': { reserved: 60, lanes: { high: 40 } } } } }),
];

describe.each(deployments)('the lanes of $preset', ({ all, text }) => {
  const queues = all('AWS::SQS::Queue');
  const mappings = all('AWS::Lambda::EventSourceMapping');
  const queueNamed = (name: string) => queues.find(({ Properties }) => Properties.QueueName === name)?.Properties;
  const functionNamed = (name: string) =>
    all('AWS::Lambda::Function').find(({ Properties }) => Properties.FunctionName === name)?.Properties;
  const mappingsOf = (name: string) =>
    mappings.filter(({ Properties, stack }) => text(Properties.FunctionName, stack) === `${name}:live`);

  test('are twenty, and five queues of dead letters', () => {
    const lanes = RESOURCE_CLASSES.flatMap((name) =>
      LANE_KINDS.map((kind) => `millrace-${queueNameOf(executorKeyOf(name, kind, 0))}`),
    );
    const deadLetters = [...RESOURCE_CLASSES, 'projector'].map((name) => `millrace-${name}-dead-letters`);
    expect(lanes).toHaveLength(20);
    expect(queues.map(({ Properties }) => Properties.QueueName).sort()).toEqual([...lanes, ...deadLetters].sort());
  });

  describe.each(RESOURCE_CLASSES)('of %s', (resourceClass) => {
    const executor = functionNamed(`millrace-executor-${resourceClass}-0`);
    const deadLetters = queueNamed(`millrace-${resourceClass}-dead-letters`);

    test.each(LANE_KINDS)('%s sets messages aside after five deliveries, for longer than it keeps them', (kind) => {
      const lane = queueNamed(`millrace-${resourceClass}-${kind}-0`);
      expect(lane?.RedrivePolicy.maxReceiveCount).toBe(5);
      const target = text(lane?.RedrivePolicy.deadLetterTargetArn, 'millrace-execution');
      expect(target).toBe(queueArn(`millrace-${resourceClass}-dead-letters`));
      expect(lane?.MessageRetentionPeriod).toBe(13 * DAY_SECONDS);
      expect(deadLetters?.MessageRetentionPeriod).toBe(14 * DAY_SECONDS);
    });

    test.each(LANE_KINDS)('%s hides a message for at least six times as long as the executor may run', (kind) => {
      expect(queueNamed(`millrace-${resourceClass}-${kind}-0`)?.VisibilityTimeout).toBeGreaterThanOrEqual(
        6 * executor?.Timeout,
      );
    });

    test.each(LANE_KINDS)('%s hides it for as long again as Lambda may gather before', (kind) => {
      const queue = queueNamed(`millrace-${resourceClass}-${kind}-0`);
      const ofLane = mappingsOf(`millrace-executor-${resourceClass}-0`).find(
        ({ Properties }) =>
          text(Properties.EventSourceArn, 'millrace-execution') === queueArn(String(queue?.QueueName)),
      );
      const window = ofLane?.Properties.MaximumBatchingWindowInSeconds ?? 0;
      const gathers = window === 0 ? 0 : Math.max(window, 20);
      expect(queue?.VisibilityTimeout).toBe(6 * executor?.Timeout + gathers);
    });

    test('are polled only once the executor may receive', () => {
      for (const { DependsOn } of mappingsOf(`millrace-executor-${resourceClass}-0`)) {
        expect(DependsOn).toEqual([expect.stringContaining('RoleDefaultPolicy')]);
      }
    });

    test('have one mapping each, which reports what failed and holds back', () => {
      const mapped = mappingsOf(`millrace-executor-${resourceClass}-0`);
      expect(mapped.map(({ Properties, stack }) => text(Properties.EventSourceArn, stack)).sort()).toEqual(
        LANE_KINDS.map((kind) => queueArn(`millrace-${resourceClass}-${kind}-0`)).sort(),
      );
      for (const { Properties, stack } of mapped) {
        expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
        const isBulk = text(Properties.EventSourceArn, stack) === queueArn('millrace-io-intensive-batch-0');
        expect(Properties.BatchSize).toBe(
          isBulk ? httpBulk.batch.maxSize : RESOURCE_CLASS_SPECS[resourceClass].concurrencyPerInvocation,
        );
        expect(Properties.MaximumBatchingWindowInSeconds).toBe(isBulk ? httpBulk.batch.windowSeconds : undefined);
        expect(Properties.ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
        expect(Properties.Enabled).not.toBe(false);
        // Provisioned pollers cost money while nothing runs.
        expect(Properties.ProvisionedPollerConfig).toBeUndefined();
      }
    });

    test('never ask for more executors than are reserved', () => {
      const asked = mappingsOf(`millrace-executor-${resourceClass}-0`).map(
        ({ Properties }) => Properties.ScalingConfig.MaximumConcurrency,
      );
      expect(executor?.ReservedConcurrentExecutions).toBeGreaterThanOrEqual(asked.reduce((sum, each) => sum + each, 0));
    });
  });

  test('are polled by nothing else', () => {
    const queues = mappings.filter(({ Properties, stack }) => text(Properties.EventSourceArn, stack).includes(':sqs:'));
    expect(queues).toHaveLength(20);
  });
});
