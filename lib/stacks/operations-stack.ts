import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { DeployConfig } from '../config.ts';
import { alarmActions } from '../constructs/alarm-actions.ts';
import { Alarms, isWatched } from '../constructs/alarms.ts';
import { DeploymentMetrics } from '../constructs/deployment-metrics.ts';
import { OperationsDashboard } from '../constructs/operations-dashboard.ts';
import { SavedQueries } from '../constructs/saved-queries.ts';
import { serviceWatches } from '../constructs/service-watches.ts';
import { taskWatches } from '../constructs/task-watches.ts';
import type { TaskMetadata } from '../task-metadata.ts';
import type { DataStack } from './data-stack.ts';

export type OperationsStackProps = {
  readonly config: DeployConfig;
  readonly data: DataStack;
  readonly definitions: readonly TaskMetadata[];
  readonly apiId: string;
};

/** Holds what people look at: one dashboard, the alarms that say when to, and the queries that say more. */
export class OperationsStack extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { config, data, definitions, apiId }: OperationsStackProps) {
    super(scope, id);
    const metrics = new DeploymentMetrics(config, apiId);
    const { all } = new Alarms(this, 'Alarms', {
      name: config.name,
      watches: isWatched(config)
        ? [...serviceWatches(config, data, metrics), ...taskWatches(config, definitions, metrics)]
        : [],
      actions: alarmActions(this, config),
    });
    this.alarms = all;
    new OperationsDashboard(this, 'Dashboard', { config, data, metrics });
    new SavedQueries(this, 'Queries', config);
  }
}
