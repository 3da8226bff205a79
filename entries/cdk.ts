/** What the CDK app of a team imports from `millrace/cdk`. */

export { ConfigError } from '../lib/config-error.ts';
export { ExecutorPool } from '../lib/constructs/executor-pool.ts';
export { settingsFromContext } from '../lib/context.ts';
export { Millrace, type MillraceTables } from '../lib/millrace.ts';
export type { MillraceProps } from '../lib/millrace-props.ts';
