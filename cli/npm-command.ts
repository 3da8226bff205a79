import { Command, type CommanderError, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { printableLines } from './printable.ts';

/** Whoever has no region is told this. */
export const SET_REGION = 'set AWS_REGION, or `region` in the profile that AWS_PROFILE names';

/** What takes the place of the AWS SDK's own words, which name no remedy. */
const NO_REGION = `No region is set: ${SET_REGION}.`;

/** A command line that cannot be followed; the message says which part and why. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

/** Makes a command, or one of its subcommands. Reading arguments that it cannot follow throws `ArgumentError`. */
export function npmCommand(name: string, description: string) {
  const command = new Command(name);
  return command
    .description(description)
    .helpOption('--help', 'show this text')
    .helpCommand(false)
    .configureOutput({ writeErr: () => {} })
    .exitOverride((error) => {
      throw isHelp(error) ? error : new ArgumentError(sentenceOf(error, command));
    });
}

/** Makes an option whose default is written as a caller would write it. */
export const optionWithDefault = <Flags extends string, Value>(
  flags: Flags,
  description: string,
  parse: (text: string) => Value,
  byDefault: string,
) => new Option(flags, description).argParser(parse).default(parse(byDefault), byDefault);

/** Says in Millrace's words what commander has found wrong. */
function sentenceOf({ code, message }: CommanderError, command: CommandUnknownOpts): string {
  const { args, parent } = command;
  const flag = /'(--[\w-]+)/.exec(message)?.[1];
  if (command.commands.length > 0) return unknownCommand(command, args[0]?.startsWith('-') ? '' : (args[0] ?? ''));
  if (code === 'commander.excessArguments') {
    if (parent !== null) return unknownCommand(parent, [command.name(), ...args].join(' '));
    return `There is nothing to do with "${args.join(' ')}".`;
  }
  if (code === 'commander.missingMandatoryOptionValue') return `${flag} is missing.`;
  const isOfSibling = parent?.commands.some(({ options }) => options.some(({ long }) => long === flag)) === true;
  if (code === 'commander.unknownOption' && isOfSibling) return `${flag} is not for "${command.name()}".`;
  const [sentence = '', hint] = message.replace(/^error: /, '').split('\n');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.${hint === undefined ? '' : ` ${hint}`}`;
}

function unknownCommand({ commands }: CommandUnknownOpts, given: string): string {
  const names = commands.map((command) => `"${command.name()}"`);
  return `The command must be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, not "${given}".`;
}

const isHelp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'commander.helpDisplayed';

/**
 * Runs what a command is for, which reads its arguments first. Says what is wrong with them or with the surroundings; no
 * stack trace is shown.
 */
export async function runCommand(command: CommandUnknownOpts, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (isHelp(error)) return;
    const told = error instanceof Error ? error.message : String(error);
    const text = told === 'Region is missing' ? NO_REGION : told;
    console.error(printableLines(error instanceof ArgumentError ? withUsage(text, command) : text));
    process.exitCode = 1;
  }
}

/** Adds how a command is called; what its options mean, `--help` tells. */
export function withUsage(sentence: string, command: CommandUnknownOpts): string {
  const callable = command.commands.length > 0 ? command.commands : [command];
  const usages = callable.map((each) => each.createHelp().commandUsage(each));
  return `${sentence}\n\nUsage: ${usages.join('\n       ')}`;
}
