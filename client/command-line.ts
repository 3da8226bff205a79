import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command line that cannot be followed; the message says which part and why. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** Options with a value, and options that are given or not. */
export const [TEXT, FLAG] = [{ type: 'string' }, { type: 'boolean', default: false }] as const;

/** `parseArgs` of Node. Throws `ArgumentError` for an option that is not known, or has no value. */
export function parsedArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** Runs a command, or shows its `usage` to whoever asks for `--help`, and says what is wrong with its arguments or its surroundings; no stack trace is shown. */
export async function runCommand(usage: string, command: () => Promise<void>): Promise<void> {
  if (process.argv.includes('--help')) return console.log(usage);
  try {
    await command();
  } catch (error) {
    const hint = error instanceof ArgumentError ? `\n\n${usage}` : '';
    console.error(`${error instanceof Error ? error.message : String(error)}${hint}`);
    process.exitCode = 1;
  }
}
