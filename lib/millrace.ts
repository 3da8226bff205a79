import type { App } from 'aws-cdk-lib';
import { tasks } from '../tasks/index.ts';
import { checkedDefinitions } from './checked-definitions.ts';
import type { DeployConfig } from './config.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ExecutionStack } from './stacks/execution-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';

/**
 * Builds the stacks of one deployment. Data stands alone, execution builds on it, then the API, and operations looks at
 * all.
 */
export async function buildMillrace(app: App, config: DeployConfig): Promise<void> {
  const definitions = await checkedDefinitions(tasks);
  const data = new DataStack(app, `${config.name}-data`, config);
  const execution = new ExecutionStack(app, `${config.name}-execution`, { config, data, definitions });
  const api = new ApiStack(app, `${config.name}-api`, { config, data });
  // The router accepts the task types that it knows, so it must never be newer than the executors.
  api.addStackDependency(execution);
  new OperationsStack(app, `${config.name}-operations`, { config, data, definitions, apiId: api.apiId });
}
