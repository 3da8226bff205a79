import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BULK_ACTIONS_CONCURRENCY, BULK_ACTIONS_FUNCTION } from '../../functions/contract.ts';
import type { DeployConfig } from '../config.ts';
import { TASK_INDEXES } from '../stacks/data-stack.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import { callOnce } from './clock.ts';
import { classesText, laneArns, queueUrlPrefix } from './executor-pool.ts';
import { ServiceFunction } from './service-function.ts';
import type { TaskData } from './task-data.ts';

/** It lasts beyond the next run of the sweeper, so that there is always one at work, and ends by itself before Lambda ends it. */
const TIMEOUT_SECONDS = 90;

/** Returns the name of the function; whoever calls it may be in another stack. */
export const bulkActionsName = ({ name }: Pick<DeployConfig, 'name'>): string => `${name}-${BULK_ACTIONS_FUNCTION}`;

/** Lets a function have bulk actions begun, which are none but those that are written down. */
export function permitToStartBulkActions(caller: ServiceFunction, config: DeployConfig): void {
  const called = Stack.of(caller).formatArn({
    service: 'lambda',
    resource: 'function',
    resourceName: bulkActionsName(config),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  caller.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [called] }));
}

/**
 * Carries out bulk actions. It alone may find tasks by a filter and change or delete them; no code of a team runs in it, or may call it. The
 * sweeper has it go on with what is open, and the router has it begin at once.
 */
export class BulkActions extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, data, tasks }: { config: DeployConfig; data: TaskData; tasks: DiscoveredTasks },
  ) {
    super(scope, id);
    const bulkActions = new ServiceFunction(this, 'BulkActions', {
      config,
      door: 'control',
      tasks,
      handler: 'bulkActions',
      name: BULK_ACTIONS_FUNCTION,
      description: 'Retries, cancels and deletes the tasks that fit a filter',
      // Two hundred tasks a second take about half of a vCPU.
      memoryMb: 1024,
      timeoutSeconds: TIMEOUT_SECONDS,
      reservedConcurrency: config.reservations ? BULK_ACTIONS_CONCURRENCY : undefined,
      environment: {
        ...data.taskEnvironment,
        historyTable: data.history.tableName,
        queueUrlPrefix: queueUrlPrefix(this, config),
        classes: classesText(config),
      },
    });
    const actions = ['GetItem', 'BatchGetItem', 'UpdateItem', 'PartiQLUpdate', 'PutItem', 'DeleteItem'];
    data.grantTasks(bulkActions, ...actions.map((action) => `dynamodb:${action}`));
    bulkActions.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: data.tasks.flatMap(({ tableArn }) => TASK_INDEXES.map((name) => `${tableArn}/index/${name}`)),
      }),
    );
    // What has a tag is found there, and what is deleted takes its attempts with it.
    const ofHistory = ['Query', 'GetItem', 'UpdateItem', 'DeleteItem'];
    data.grantHistory(bulkActions, ...ofHistory.map((action) => `dynamodb:${action}`));
    data.grantAttempts(bulkActions);
    data.grantPayloads(bulkActions, 's3:DeleteObject');
    bulkActions.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: laneArns(this, config) }),
    );
    callOnce(bulkActions);
  }
}
