import { Stack } from 'aws-cdk-lib';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { DeployConfig } from '../config.ts';
import { acknowledge } from './acknowledge.ts';

/** Returns whom alarms tell: a topic that there is already, an address that has to confirm first, both or nobody. */
export function alarmActions(scope: Construct, { name, alarmEmail, alarmTopicArn }: DeployConfig): IAlarmAction[] {
  const topics = alarmTopicArn === undefined ? [] : [Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn)];
  if (alarmEmail === undefined) return topics.map((topic) => new SnsAction(topic));
  const mailed = new Topic(scope, 'MailedAlarms', { topicName: `${name}-alarms`, enforceSSL: true });
  // A policy of its own takes the place of the one that lets the account's alarms in.
  mailed.addToResourcePolicy(
    new PolicyStatement({
      actions: ['sns:Publish'],
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      resources: [mailed.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  const subscription = mailed.addSubscription(new EmailSubscription(alarmEmail));
  acknowledge(
    subscription,
    'Serverless-SNSRedrivePolicy',
    'A mail that cannot be delivered is an alarm that CloudWatch still shows',
  );
  return [...topics, mailed].map((topic) => new SnsAction(topic));
}
