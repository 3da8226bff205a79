import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type DeployConfig, readConfig } from '../../lib/config.ts';

const cdkJsonSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/**
 * The configuration that `cdk deploy` would have: that of `cdk.json` and what is given beside it. Throws `ConfigError`, in
 * one sentence.
 */
export function deployConfig(context: Readonly<Record<string, string>>): DeployConfig {
  const text = readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8');
  const whole = { ...cdkJsonSchema.parse(JSON.parse(text)).context, ...context };
  return readConfig({ getAllContext: () => whole });
}
