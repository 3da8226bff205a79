import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { GOVERN_PERIOD_SECONDS } from '../../functions/contract.ts';
import { executorNameOf } from '../../functions/resource-classes.ts';
import type { DeployConfig } from '../config.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { acknowledgeWildcards } from './acknowledge.ts';
import { callEvery } from './clock.ts';
import { classesText, laneArns, queueArnPrefix, queueUrlPrefix } from './executor-pool.ts';
import { shardsOf } from './lane.ts';
import { ServiceFunction } from './service-function.ts';
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
      // Lists take no resource (Service Authorization Reference, "AWS Lambda").
      unscopedActions: ['lambda:ListEventSourceMappings'],
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
    permitEventSources(governor, config);
    callEvery(this, GOVERN_PERIOD_SECONDS, governor);
  }
}

/** Lets it change the event sources of executors. The ARN of one holds an id that Lambda makes up, so they are named by their function. */
function permitEventSources(governor: ServiceFunction, config: DeployConfig): void {
  const arn = (resource: string, resourceName: string): string =>
    Stack.of(governor).formatArn({
      service: 'lambda',
      resource,
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  const executors = Object.keys(config.classes).flatMap((resourceClass) =>
    shardsOf(config, resourceClass).map((shard) =>
      arn('function', `${config.name}-${executorNameOf(resourceClass, shard)}`),
    ),
  );
  const everyMapping = arn('event-source-mapping', '*');
  governor.addToRolePolicy(
    new PolicyStatement({
      actions: ['lambda:UpdateEventSourceMapping'],
      resources: [everyMapping],
      conditions: { ArnLike: { 'lambda:FunctionArn': executors.flatMap((executor) => [executor, `${executor}:*`]) } },
    }),
  );
  acknowledgeWildcards(governor.policy, 'A condition names the functions that they may belong to', [everyMapping]);
}
