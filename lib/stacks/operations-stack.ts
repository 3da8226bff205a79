import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { TaskDefinition } from '../../functions/core/define-task.ts';
import type { DeployConfig } from '../config.ts';
import { Alarms } from '../constructs/alarms.ts';
import { DeploymentMetrics } from '../constructs/deployment-metrics.ts';
import { OperationsDashboard } from '../constructs/operations-dashboard.ts';
import { serviceWatches } from '../constructs/service-watches.ts';
import { taskWatches } from '../constructs/task-watches.ts';
import type { DataStack } from './data-stack.ts';

export type OperationsStackProps = {
  readonly config: DeployConfig;
  readonly data: DataStack;
  readonly definitions: readonly TaskDefinition[];
  readonly apiId: string;
};

/** What people look at: one dashboard, and the alarms that say when to. */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, { config, data, definitions, apiId }: OperationsStackProps) {
    super(scope, id, { stackName: id, description: 'Millrace: dashboard and alarms' });
    const metrics = new DeploymentMetrics(config, apiId);
    new Alarms(this, 'Alarms', {
      name: config.name,
      watches: [...serviceWatches(config, data, metrics), ...taskWatches(config, definitions, metrics)],
      actions: [],
    });
    new OperationsDashboard(this, 'Dashboard', { config, data, metrics });
  }
}
