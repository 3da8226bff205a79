import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { DeployConfig } from '../config.ts';

/** Whom alarms tell: a topic that there is already, an address that has to confirm first, both or nobody. */
export function alarmActions(scope: Construct, { name, alarmEmail, alarmTopicArn }: DeployConfig): IAlarmAction[] {
  const topics = alarmTopicArn === undefined ? [] : [Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn)];
  if (alarmEmail === undefined) return topics.map((topic) => new SnsAction(topic));
  const mailed = new Topic(scope, 'MailedAlarms', { topicName: `${name}-alarms` });
  mailed.addSubscription(new EmailSubscription(alarmEmail));
  return [...topics, mailed].map((topic) => new SnsAction(topic));
}
