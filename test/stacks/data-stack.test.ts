import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import {
  dueAttributes,
  errorAttributes,
  rowKey,
  seedAttributes,
  statusGroupOf,
} from '../../functions/adapters/dynamo/task-row.ts';
import { DataStack } from '../../lib/stacks/data-stack.ts';
import { taskSeed } from '../doubles/task-seed.ts';
import { synthesize } from './synthesis.ts';

type KeyPart = { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' };

const INDEXES = {
  byType: { hash: ['tenantId', 'type', 'indexShard'], range: ['order'] },
  byStatus: { hash: ['tenantId', 'statusGroup', 'indexShard'], range: ['order'] },
  byAssignee: { hash: ['tenantId', 'assigneeType', 'assigneeId', 'indexShard'], range: ['order'] },
  byWorkflow: { hash: ['tenantId', 'workflowInstanceId', 'indexShard'], range: ['order'] },
  byFailure: { hash: ['tenantId', 'indexShard'], range: ['type', 'errorCode', 'order'] },
  due: { hash: ['dueShard'], range: ['dueAt'] },
};

/** Makes the row of a new task, as the adapter writes it. */
const rowOf = (seed: ReturnType<typeof taskSeed>) => ({
  ...rowKey(seed.tenantId, seed.id),
  ...seedAttributes(seed, 8),
  statusGroup: { S: statusGroupOf('queued') },
});

describe.each([await synthesize('dev'), await synthesize('prod')])('the data of $preset', ({ preset, all, config }) => {
  const tables = all('AWS::DynamoDB::GlobalTable');
  const table = (name: string) => tables.find(({ id }) => id.startsWith(name))?.Properties;
  const tasks = table('Tasks');
  const kept = preset === 'prod';

  test('are nine tables, on demand, with point-in-time recovery, in one region', () => {
    expect(all('AWS::DynamoDB::Table')).toEqual([]);
    expect(tables).toHaveLength(9);
    for (const { Properties } of tables) {
      expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
      expect(Properties.Replicas).toHaveLength(1);
      expect(Properties.Replicas[0].PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
    }
  });

  test('have a capacity of their own for the tasks and each index of theirs, where it is provisioned', async () => {
    const provisioned = { minWrites: 20, maxWrites: 800, minReads: 5, maxReads: 200, utilization: 0.7 };
    const context = { tableShards: 2, tableCapacity: { provisioned } };
    const scaled = (await synthesize(preset, { context })).all('AWS::DynamoDB::GlobalTable');
    const settings = (MinCapacity: number, MaxCapacity: number) => ({
      MinCapacity,
      MaxCapacity,
      SeedCapacity: MinCapacity,
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 70 },
    });
    const writes = { WriteCapacityAutoScalingSettings: settings(20, 800) };
    const reads = { ReadCapacityAutoScalingSettings: settings(5, 200) };
    const ofTasks = scaled.filter(({ id }) => id.startsWith('Tasks'));
    expect(ofTasks).toHaveLength(2);
    for (const { Properties } of ofTasks) {
      expect(Properties.BillingMode).toBe('PROVISIONED');
      expect(Properties.WriteProvisionedThroughputSettings).toEqual(writes);
      const [replica] = Properties.Replicas;
      expect(replica.ReadProvisionedThroughputSettings).toEqual(reads);
      const names = Object.keys(INDEXES).sort();
      const indexes = Properties.GlobalSecondaryIndexes as { IndexName: string }[];
      expect(indexes.map(({ IndexName }) => IndexName).sort()).toEqual(names);
      for (const index of indexes) expect(index).toMatchObject({ WriteProvisionedThroughputSettings: writes });
      expect(replica.GlobalSecondaryIndexes).toHaveLength(names.length);
      for (const index of replica.GlobalSecondaryIndexes) {
        expect(index).toMatchObject({ ReadProvisionedThroughputSettings: reads });
      }
    }
    for (const { id, Properties } of scaled.filter(({ id }) => !id.startsWith('Tasks'))) {
      expect(Properties.BillingMode, id).toBe('PAY_PER_REQUEST');
    }
  });

  test(kept ? 'outlive their stack, and nobody deletes a table by mistake' : 'go with their stack', () => {
    for (const resource of [...tables, ...all('AWS::S3::Bucket')]) {
      expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual(
        kept ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete'],
      );
    }
    for (const { Properties } of tables) expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(kept);
  });

  test('export the same, whatever the configuration', async () => {
    const exportsOf = ({ templates }: Awaited<ReturnType<typeof synthesize>>) =>
      Object.values(templates.get('millrace-data')?.findOutputs('*') ?? {}).flatMap(({ Export }) => Export?.Name ?? []);
    const others = await Promise.all(
      [{ taskEvents: false }, { jwt: '{"issuer":"https://issuer.example","audience":["a"]}' }].map((context) =>
        synthesize(preset, { context }),
      ),
    );
    const exported = exportsOf(await synthesize(preset));
    expect(exported.length).toBeGreaterThan(0);
    for (const other of others) expect(exportsOf(other).sort()).toEqual(exported.sort());
  });

  test('are addressed by keys of their own', () => {
    const keyOf = (name: string) => table(name)?.KeySchema;
    expect(keyOf('Tasks')).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(keyOf('Definitions')).toEqual([{ AttributeName: 'type', KeyType: 'HASH' }]);
    expect(keyOf('Schedules')).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(keyOf('Webhooks')).toEqual([{ AttributeName: 'tenantId', KeyType: 'HASH' }]);
    expect(keyOf('SigningSecrets')).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(keyOf('Access')).toEqual([{ AttributeName: 'keyHash', KeyType: 'HASH' }]);
    for (const name of ['Statistics', 'History']) {
      expect(keyOf(name)).toEqual([
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ]);
    }
  });

  test('tell of every change of a task, and let finished ones expire', () => {
    expect(tasks?.StreamSpecification.StreamViewType).toBe('NEW_AND_OLD_IMAGES');
    expect(tasks?.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });

  test.each(['Statistics', 'History'])('have %s whose rows expire', (name) => {
    const { TimeToLiveSpecification: expiry, GlobalSecondaryIndexes: indexes } = table(name) ?? {};
    expect(expiry).toEqual({ AttributeName: 'expiresAt', Enabled: true });
    expect(indexes).toBeUndefined();
  });

  test('are indexed by keys only', () => {
    const indexes = tasks?.GlobalSecondaryIndexes.map(
      ({ IndexName, KeySchema, Projection }: { IndexName: string; KeySchema: KeyPart[]; Projection: unknown }) => {
        const names = (type: string) =>
          KeySchema.filter(({ KeyType }) => KeyType === type).map((part) => part.AttributeName);
        return [IndexName, { hash: names('HASH'), range: names('RANGE'), Projection }];
      },
    );
    expect(Object.fromEntries(indexes)).toEqual(
      Object.fromEntries(
        Object.entries(INDEXES).map(([name, key]) => [name, { ...key, Projection: { ProjectionType: 'KEYS_ONLY' } }]),
      ),
    );
  });

  test('are indexed by attributes that the adapter writes, of the type it writes', () => {
    const row: Record<string, object> = {
      ...rowOf(taskSeed({ assignee: { type: 'user', id: '7' }, workflowInstanceId: 'w' })),
      ...errorAttributes({ code: 'timeout', message: 'it took too long', retryable: true }, true),
    };
    const { due, ...always } = INDEXES;
    const attributes = tasks?.AttributeDefinitions as { AttributeName: string; AttributeType: string }[];
    for (const name of Object.values(always).flatMap(({ hash, range }) => [...hash, ...range])) {
      const type = attributes.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
      expect(Object.keys(row[name] ?? {}), name).toEqual([type]);
    }
    expect(attributes.filter(({ AttributeName }) => AttributeName.startsWith('due'))).toEqual(
      Object.entries(dueAttributes(taskSeed().id, 1, 8)).map(([AttributeName, value]) => ({
        AttributeName,
        AttributeType: Object.keys(value)[0],
      })),
    );
    expect([...due.hash, ...due.range]).toEqual(['dueShard', 'dueAt']);
  });

  test('keep tasks out of the indexes that they have no part in', () => {
    const row = rowOf(taskSeed());
    const indexed = Object.entries(INDEXES).filter(([, { hash, range }]) =>
      [...hash, ...range].every((name) => name in row),
    );
    expect(indexed.map(([name]) => name)).toEqual(['byType', 'byStatus']);
  });

  test('have payloads in one private, encrypted bucket that forgets after the tasks do', () => {
    const [bucket, ...others] = all('AWS::S3::Bucket');
    expect(others).toEqual([]);
    expect(bucket?.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    const [encryption] = bucket?.Properties.BucketEncryption.ServerSideEncryptionConfiguration ?? [];
    expect(encryption.ServerSideEncryptionByDefault.SSEAlgorithm).toBe('AES256');
    const rules = bucket?.Properties.LifecycleConfiguration.Rules.map(
      ({ Status, Prefix, ExpirationInDays }: Record<string, unknown>) => [Status, Prefix, ExpirationInDays],
    );
    // A task may wait on its lane, as a dead letter, and between its attempts; a scheduled one a year more.
    expect(rules).toEqual([
      ['Enabled', 'payloads/', config.retentionDays + 30],
      ['Enabled', 'scheduled/', config.retentionDays + 30 + 365],
    ]);
  });

  test('keep what was scheduled, or is kept for longer, past the longest retention of a type', () => {
    const stack = new Stack();
    new DataStack(stack, 'Data', { ...config, retentionDays: 3 }, [{ retentionDays: 90 }, {}, { retentionDays: 1 }]);
    const [made] = Object.values(Template.fromStack(stack).findResources('AWS::S3::Bucket'));
    expect(
      made?.Properties?.LifecycleConfiguration.Rules.map(({ Prefix, ExpirationInDays }: Record<string, unknown>) => [
        Prefix,
        ExpirationInDays,
      ]),
    ).toEqual([
      ['payloads/', 3 + 30],
      ['scheduled/', 90 + 30 + 365],
    ]);
  });

  test('have a bus for task events', () => {
    expect(all('AWS::Events::EventBus').map(({ Properties }) => Properties.Name)).toEqual(['millrace-tasks']);
  });
});
