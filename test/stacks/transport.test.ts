import { describe, expect, test } from 'vitest';
import { type Resource, synthesize } from './synthesis.ts';

const deployments = [
  await synthesize('dev'),
  await synthesize('prod', { context: { alarmEmail: 'ops@example.com', shards: { default: 2 } } }),
];

type Statement = { readonly Effect: string; readonly Principal: unknown; readonly Condition?: unknown };

describe.each(deployments)('what travels in $preset', ({ all }) => {
  /** The ids of what policies of a type refuse to all who come without TLS. */
  const refusing = (type: string, of: (properties: Resource['Properties']) => unknown[]) =>
    all(type)
      .filter(({ Properties }) =>
        (Properties.PolicyDocument.Statement as Statement[]).some(
          ({ Effect, Principal, Condition }) =>
            Effect === 'Deny' &&
            JSON.stringify([Principal, Condition]) === '[{"AWS":"*"},{"Bool":{"aws:SecureTransport":"false"}}]',
        ),
      )
      .flatMap(({ Properties }) => of(Properties))
      .map((reference) => (reference as { Ref: string }).Ref)
      .toSorted();

  test.each<[string, string, (properties: Resource['Properties']) => unknown[]]>([
    ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', ({ Queues }) => Queues],
    ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', ({ Bucket }) => [Bucket]],
  ])('through each %s does so by TLS alone', (type, policyType, of) => {
    const ids = all(type).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(refusing(policyType, of)).toEqual(ids.toSorted());
  });

  test('to those who are told of alarms is let in from alarms of the account', () => {
    for (const { Properties } of all('AWS::SNS::TopicPolicy')) {
      const statements = JSON.stringify(Properties.PolicyDocument.Statement);
      expect(statements).toContain('aws:SecureTransport');
      expect(statements).toContain('cloudwatch.amazonaws.com');
      expect(statements).toContain('aws:SourceAccount');
    }
    expect(all('AWS::SNS::TopicPolicy')).toHaveLength(all('AWS::SNS::Topic').length);
  });
});
