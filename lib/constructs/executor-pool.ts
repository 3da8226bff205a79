import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { LANE_KINDS, RESOURCE_CLASS_SPECS, type ResourceClass } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { DEAD_LETTER_RETENTION_DAYS, Lane, laneQueueName } from './lane.ts';
import { ServiceFunction } from './service-function.ts';
import type { TaskData } from './task-data.ts';

export type ExecutorPoolProps = {
  readonly config: DeployConfig;
  readonly data: TaskData;
  readonly resourceClass: ResourceClass;
};

/** All that runs the tasks of one resource class: the executor, its lanes and their dead-letter queue. */
export class ExecutorPool extends Construct {
  constructor(scope: Construct, id: string, { config, data, resourceClass }: ExecutorPoolProps) {
    super(scope, id);
    const spec = RESOURCE_CLASS_SPECS[resourceClass];
    const deadLetterQueue = new Queue(this, 'DeadLetters', {
      queueName: deadLetterQueueName(config, resourceClass),
      retentionPeriod: Duration.days(DEAD_LETTER_RETENTION_DAYS),
    });
    const executor = new ServiceFunction(this, 'Executor', {
      config,
      door: 'executor',
      name: `executor-${resourceClass}`,
      description: `Runs tasks of class ${resourceClass}`,
      memoryMb: spec.memoryMb,
      timeoutSeconds: spec.functionTimeoutSeconds,
      ephemeralStorageMb: spec.ephemeralStorageMb,
      reservedConcurrency: config.concurrency[resourceClass].reserved,
      environment: {
        ...data.taskEnvironment,
        queueUrlPrefix: queueUrlPrefix(this, config),
        deadLetterQueueUrl: deadLetterQueue.queueUrl,
        outboundHosts: config.outboundHosts.join(','),
      },
    });
    data.tasks.grant(executor, 'dynamodb:UpdateItem');
    data.grantPayloads(executor);
    const lanes = LANE_KINDS.map((kind) => {
      return new Lane(this, `Lane-${kind}`, { config, resourceClass, kind, executor, deadLetterQueue }).queue.queueArn;
    });
    executor.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [...lanes, deadLetterQueue.queueArn] }),
    );
  }
}

export const deadLetterQueueName = ({ name }: DeployConfig, resourceClass: ResourceClass): string =>
  `${name}-${resourceClass}-dead-letters`;

/** Everything of a lane's queue URL before its name: the names are ours, so no stack has to export sixteen URLs. */
export function queueUrlPrefix(scope: Construct, { name }: DeployConfig): string {
  const { account, region, urlSuffix } = Stack.of(scope);
  return `https://sqs.${region}.${urlSuffix}/${account}/${name}-`;
}

/** The ARNs of all lanes of the deployment. */
export const laneArns = (scope: Construct, config: DeployConfig, resourceClass: ResourceClass): string[] =>
  LANE_KINDS.map((kind) =>
    Stack.of(scope).formatArn({
      service: 'sqs',
      resource: laneQueueName(config, resourceClass, kind),
      arnFormat: ArnFormat.NO_RESOURCE_NAME,
    }),
  );
