import { Duration } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

const RETENTION_DAYS = 14;

/** A queue of what no executor, or no projector, could take. */
export class DeadLetters extends Queue {
  constructor(scope: Construct, queueName: string) {
    super(scope, 'DeadLetters', {
      enforceSSL: true,
      queueName,
      retentionPeriod: Duration.days(RETENTION_DAYS),
    });
    acknowledge(this, 'Serverless-SQSRedrivePolicy', 'It is itself where dead letters go');
  }
}
