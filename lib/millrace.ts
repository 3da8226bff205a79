import { Annotations, type App } from 'aws-cdk-lib';
import type { TaskCatalog } from '../functions/core/define-task.ts';
import { checkedDefinitions } from './checked-definitions.ts';
import { ConfigError, type DeployConfig } from './config.ts';
import { importFailure } from './import-failure.ts';
import { onlyGrowing } from './only-growing.ts';
import { ApiStack } from './stacks/api-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ExecutionStack } from './stacks/execution-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';

/**
 * Builds the stacks of one deployment. Data stands alone, execution builds on it, then the API, and operations looks at
 * all.
 */
export async function buildMillrace(app: App, config: DeployConfig): Promise<void> {
  const tasks = await taskCatalog();
  const definitions = await checkedDefinitions(tasks);
  const data = new DataStack(app, `${config.name}-data`, config);
  const execution = new ExecutionStack(app, `${config.name}-execution`, { config, data, definitions });
  const api = new ApiStack(app, `${config.name}-api`, { config, data });
  // The router accepts the task types that it knows, so it must never be newer than the executors.
  api.addStackDependency(execution);
  for (const [stack, sentences] of [
    [data, onlyGrowing(config).data],
    [execution, onlyGrowing(config).execution],
  ] as const) {
    for (const [index, sentence] of sentences.entries())
      Annotations.of(stack).addInfoV2(`millrace:onlyGrowing${index}`, sentence);
  }
  new OperationsStack(app, `${config.name}-operations`, { config, data, definitions, apiId: api.apiId });
}

async function taskCatalog(): Promise<TaskCatalog> {
  try {
    return (await import('../tasks/index.ts')).tasks;
  } catch (error) {
    throw new ConfigError(`the list of task types cannot be loaded: ${importFailure(error)}`);
  }
}
