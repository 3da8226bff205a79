import { INVOCATION_MARGIN_SECONDS, RESOURCE_CLASS_SPECS } from '../functions/contract.ts';
import type { TaskCatalog } from '../functions/core/define-task.ts';
import { ConfigError } from './config.ts';

/** Throws `ConfigError` for a task type that its class cannot run, or that the catalog lists under another name. */
export async function checkDefinitions(catalog: TaskCatalog): Promise<void> {
  for (const [name, load] of Object.entries(catalog)) {
    const { type, resources, timeoutSeconds } = await load();
    if (type !== name) throw new ConfigError(`tasks/index.ts lists the task type ${type} as ${name}`);
    const longest = RESOURCE_CLASS_SPECS[resources].functionTimeoutSeconds - INVOCATION_MARGIN_SECONDS;
    if (timeoutSeconds > longest) {
      throw new ConfigError(
        `the task type ${type} asks for timeoutSeconds ${timeoutSeconds}, but its class ${resources} gives an attempt at most ${longest} s`,
      );
    }
  }
}
