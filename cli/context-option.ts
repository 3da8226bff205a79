import { ArgumentError } from './npm-command.ts';

/** The context of the CDK by name, as `cdk deploy -c` takes it. */
export type Context = Readonly<Record<string, string>>;

export const CONTEXT_FLAGS = '-c, --context <name=value>';

/** Adds one `-c name=value` to those before it; the last of a name counts. Throws `ArgumentError`. */
export function withContext(text: string, before: Context = {}): Context {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new ArgumentError(`--context "${text}" must be name=value, as for cdk deploy.`);
  }
  return { ...before, [name]: value };
}
