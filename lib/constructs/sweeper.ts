import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { SWEEP_PERIOD_SECONDS } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { bulkActionsName, permitToStartBulkActions } from './bulk-actions.ts';
import { callEvery } from './clock.ts';
import { classesText, laneArns, queueUrlPrefix } from './executor-pool.ts';
import { ServiceFunction } from './service-function.ts';
import type { TaskData } from './task-data.ts';

/** Sends the tasks that wait for the clock, and makes those of schedules, every minute. */
export class Sweeper extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, data, tasks }: { config: DeployConfig; data: TaskData; tasks: DiscoveredTasks },
  ) {
    super(scope, id);
    const sweeper = new ServiceFunction(this, 'Sweeper', {
      config,
      door: 'control',
      tasks,
      handler: 'sweeper',
      name: 'sweeper',
      description: 'Sends tasks that are due, and makes those of schedules',
      memoryMb: 256,
      timeoutSeconds: SWEEP_PERIOD_SECONDS - 5,
      reservedConcurrency: config.reservations ? 1 : undefined,
      environment: {
        ...data.taskEnvironment,
        schedulesTable: data.schedules.tableName,
        scheduleTenant: config.scheduleTenant,
        statisticsTable: data.statistics.tableName,
        controlTable: data.control.tableName,
        bulkActionsFunction: bulkActionsName(config),
        queueUrlPrefix: queueUrlPrefix(this, config),
        classes: classesText(config),
      },
    });
    const actions = ['BatchGetItem', 'GetItem', 'PutItem', 'PartiQLInsert', 'UpdateItem'].map(
      (action) => `dynamodb:${action}`,
    );
    data.grantTasks(sweeper, ...actions);
    data.grantPayloads(sweeper);
    sweeper.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [...data.tasks, data.schedules].map(({ tableArn }) => `${tableArn}/index/due`),
      }),
    );
    data.grantSchedules(
      sweeper,
      ...['BatchGetItem', 'GetItem', 'PutItem', 'DeleteItem'].map((action) => `dynamodb:${action}`),
    );
    data.definitions.grant(sweeper, 'dynamodb:GetItem');
    // The tasks of schedules are held to the lanes and to the limits of their tenants, as those of submits are.
    data.control.grant(sweeper, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    data.statistics.grant(sweeper, 'dynamodb:GetItem');
    sweeper.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: laneArns(this, config) }));
    permitToStartBulkActions(sweeper, config);
    callEvery(this, SWEEP_PERIOD_SECONDS, sweeper);
  }
}
