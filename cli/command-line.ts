import { type ParseArgsConfig, parseArgs } from 'node:util';
import { printableLines } from './printable.ts';

/** A command line that cannot be followed; the message says which part and why. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** Options with a value, and options that are given or not. */
export const [TEXT, FLAG] = [{ type: 'string' }, { type: 'boolean', default: false }] as const;

type Options = NonNullable<ParseArgsConfig['options']>;

/** `parseArgs` of Node. Throws `ArgumentError` for an option that is not known, or has no value. */
export function parsedArguments<Known extends Options>(args: readonly string[], options: Known) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // The first sentence says what is wrong; the others, how to pass it as something else.
    throw new ArgumentError(`${String(error instanceof Error ? error.message : error).split('. ')[0]}.`);
  }
}

/** The options of a command that takes nothing else. */
export function parsedOptions<Known extends Options>(args: readonly string[], options: Known) {
  const { values, positionals } = parsedArguments(args, options);
  if (positionals.length === 0) return values;
  throw new ArgumentError(`There is nothing to do with "${positionals.join(' ')}".`);
}

/**
 * Runs a command, or shows its `usage` to whoever asks for `--help`. Says what is wrong with its arguments or its
 * surroundings; no stack trace is shown.
 */
export async function runCommand(usage: string, command: () => Promise<void>): Promise<void> {
  if (process.argv.includes('--help')) return console.log(usage);
  try {
    await command();
  } catch (error) {
    // What the options mean, `--help` tells.
    const hint = error instanceof ArgumentError ? `\n\n${usage.split('\n\n')[0]}` : '';
    console.error(`${printableLines(error instanceof Error ? error.message : String(error))}${hint}`);
    process.exitCode = 1;
  }
}
