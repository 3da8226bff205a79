import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { TaskDefinition } from '../functions/core/define-task.ts';
import { type DeployConfig, readConfig } from '../lib/config.ts';
import { tasks } from '../tasks/index.ts';

const cdkJsonSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/**
 * The configuration that `cdk deploy` would have: that of `cdk.json` and what is given beside it. Throws `ConfigError`, in
 * one sentence.
 */
export function deployConfig(context: Readonly<Record<string, string>>): DeployConfig {
  const text = readFileSync(new URL('../cdk.json', import.meta.url), 'utf8');
  const whole = { ...cdkJsonSchema.parse(JSON.parse(text)).context, ...context };
  return readConfig({ getAllContext: () => whole });
}

/** All task types that are deployed. */
export async function deployedDefinitions(): Promise<TaskDefinition[]> {
  const definitions = await Promise.all(Object.values(tasks).map((load) => load()));
  return definitions.filter((definition) => definition !== undefined);
}
