import { Construct } from 'constructs';
import type { ClassAttachments } from '../class-props.ts';
import type { DeployConfig } from '../config.ts';
import { BulkActions } from '../constructs/bulk-actions.ts';
import { ExecutorPool } from '../constructs/executor-pool.ts';
import { Governor } from '../constructs/governor.ts';
import { Projector } from '../constructs/projector.ts';
import { Sweeper } from '../constructs/sweeper.ts';
import type { DiscoveredTasks } from '../task-discovery.ts';
import type { DataStack } from './data-stack.ts';

export type ExecutionStackProps = {
  readonly config: DeployConfig;
  readonly data: DataStack;
  readonly tasks: DiscoveredTasks;
  /** What classes are given of the team's app. */
  readonly attachments: ReadonlyMap<string, ClassAttachments>;
};

/** Holds what runs tasks: a pool of executors for each class, the governor of their lanes, the sweeper, what carries out bulk actions, and the projector. */
export class ExecutionStack extends Construct {
  /** The executors by their class. */
  readonly pools: ReadonlyMap<string, ExecutorPool>;

  constructor(scope: Construct, id: string, { config, data, tasks, attachments }: ExecutionStackProps) {
    super(scope, id);
    this.pools = new Map(
      Object.keys(config.classes).map((resourceClass) => {
        const pool = new ExecutorPool(this, resourceClass, {
          config,
          data,
          resourceClass,
          tasks,
          attachments: attachments.get(resourceClass) ?? {},
        });
        return [resourceClass, pool];
      }),
    );
    // A governor that knows of a lane more than there is would govern no lane of that class.
    new Governor(this, 'Governor', { config, data, tasks }).node.addDependency(...this.pools.values());
    new Sweeper(this, 'Sweeper', { config, data, tasks });
    new BulkActions(this, 'BulkActions', { config, data, tasks });
    new Projector(this, 'Projector', { config, data });
  }
}
