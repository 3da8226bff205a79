import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { executorNameOf, GOVERN_PERIOD_SECONDS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { classesText, laneArns, queueArnPrefix, queueUrlPrefix } from './executor-pool.ts';
import { shardsOf } from './lane.ts';
import { LATEST_ONLY, ServiceFunction } from './service-function.ts';
import type { TaskData } from './task-data.ts';

/** Shares the executors of each class among its lanes, every minute. */
export class Governor extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, data, tasks }: { config: DeployConfig; data: TaskData; tasks: DiscoveredTasks },
  ) {
    super(scope, id);
    const governor = new ServiceFunction(this, 'Governor', {
      config,
      door: 'control',
      tasks,
      handler: 'governor',
      name: 'governor',
      description: 'Shares executors among lanes',
      memoryMb: 256,
      timeoutSeconds: GOVERN_PERIOD_SECONDS - 5,
      reservedConcurrency: config.reservations ? 1 : undefined,
      environment: {
        controlTable: data.control.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        queueArnPrefix: queueArnPrefix(this, config),
        classes: classesText(config),
      },
    });
    data.control.grant(governor, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem');
    governor.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:GetQueueAttributes'], resources: laneArns(this, config) }),
    );
    for (const statement of eventSourceStatements(this, config)) governor.addToRolePolicy(statement);
    governor.configureAsyncInvoke(LATEST_ONLY);
    new Rule(this, 'EveryMinute', {
      schedule: Schedule.rate(Duration.seconds(GOVERN_PERIOD_SECONDS)),
      targets: [new LambdaFunction(governor, LATEST_ONLY)],
    });
  }
}

/** A mapping's ARN holds an id that Lambda makes up, so the mappings to be changed are named by their function. */
function eventSourceStatements(scope: Construct, config: DeployConfig): PolicyStatement[] {
  const arn = (resource: string, resourceName: string): string =>
    Stack.of(scope).formatArn({ service: 'lambda', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  const executors = Object.keys(config.classes).flatMap((resourceClass) =>
    shardsOf(config, resourceClass).map((shard) =>
      arn('function', `${config.name}-${executorNameOf(resourceClass, shard)}`),
    ),
  );
  return [
    // Lists take no resource (Service Authorization Reference, "AWS Lambda").
    new PolicyStatement({ actions: ['lambda:ListEventSourceMappings'], resources: ['*'] }),
    new PolicyStatement({
      actions: ['lambda:UpdateEventSourceMapping'],
      resources: [arn('event-source-mapping', '*')],
      conditions: { ArnLike: { 'lambda:FunctionArn': executors.flatMap((executor) => [executor, `${executor}:*`]) } },
    }),
  ];
}
