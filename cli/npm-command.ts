import { Command, type CommanderError, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { MillraceError } from '../client/millrace-error.ts';
import { EXIT, exitCodeOf, sentenceOf } from './exit-code.ts';
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
      throw isHelp(error) ? error : new ArgumentError(faultOf(error, command));
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
function faultOf({ code, message }: CommanderError, command: CommandUnknownOpts): string {
  const { args, parent, registeredArguments } = command;
  const flag = /'(--[\w-]+)/.exec(message)?.[1];
  if (command.commands.length > 0) return unknownCommand(command, args[0]?.startsWith('-') ? '' : (args[0] ?? ''));
  if (code === 'commander.excessArguments') {
    if (parent !== null && registeredArguments.length === 0) {
      const isNamed = parent.args[0] === command.name();
      return unknownCommand(parent, [...(isNamed ? [command.name()] : []), ...args].join(' '));
    }
    return `There is nothing to do with "${args.slice(registeredArguments.length).join(' ')}".`;
  }
  if (code === 'commander.missingArgument') return `<${/'([^']+)'/.exec(message)?.[1]}> is missing.`;
  if (code === 'commander.missingMandatoryOptionValue') return `${flag} is missing.`;
  const [, given, allowed] = /' argument '(.*)' is invalid\. Allowed choices are (.+)\.$/s.exec(message) ?? [];
  if (allowed !== undefined) return `${flag} "${given}" must be one of ${allowed}.`;
  const [, value, name, choices] =
    /value '(.*)' is invalid for argument '(.+)'\. Allowed choices are (.+)\.$/s.exec(message) ?? [];
  if (choices !== undefined) return `<${name}> "${value}" must be one of ${choices}.`;
  const isOfSibling = parent?.commands.some(({ options }) => options.some(({ long }) => long === flag)) === true;
  if (code === 'commander.unknownOption' && isOfSibling) return `${flag} is not for "${command.name()}".`;
  const [sentence = '', hint] = message.replace(/^error: /, '').split('\n');
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.${hint === undefined ? '' : ` ${hint}`}`;
}

function unknownCommand({ commands }: CommandUnknownOpts, given: string): string {
  const names = commands.map((command) => `"${command.name()}"`);
  const known = `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  return given === '' ? `The command is missing: ${known}.` : `The command must be ${known}, not "${given}".`;
}

const isHelp = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'commander.helpDisplayed';

/** A command with its options, and what runs it. */
export type Runnable = {
  readonly command: CommandUnknownOpts;
  readonly run: (commandLine: readonly string[]) => Promise<void>;
};

/**
 * Has a command run what it is for, which reads its arguments first: its own action, unless given. Says what is wrong with them or
 * with the surroundings; no stack trace is shown.
 */
export const runnable = (command: CommandUnknownOpts, run = actionOf(command)): Runnable => ({
  command,
  async run(commandLine) {
    try {
      await run(commandLine);
    } catch (error) {
      if (isHelp(error)) return;
      console.error(
        printableLines(
          error instanceof ArgumentError ? withUsage(error.message, calledOf(command, commandLine)) : toldOf(error),
        ),
      );
      process.exitCode = error instanceof ArgumentError ? EXIT.usage : exitCodeOf(error);
    }
  },
});

/** Returns the subcommand that a command line names, or the command where it names none. */
const calledOf = (command: CommandUnknownOpts, [first]: readonly string[]): CommandUnknownOpts =>
  command.commands.find((each) => each.name() === first) ?? command;

const actionOf =
  (command: CommandUnknownOpts) =>
  async (commandLine: readonly string[]): Promise<void> => {
    // Whoever read the output may have seen enough of it.
    process.stdout.on('error', () => process.exit());
    await command.parseAsync(commandLine, { from: 'user' });
  };

function toldOf(error: unknown): string {
  if (error instanceof MillraceError) return sentenceOf(error);
  const told = error instanceof Error ? error.message : String(error);
  return told === 'Region is missing' ? NO_REGION : told;
}

/** Adds how a command is called; what its options mean, `--help` tells. */
export function withUsage(sentence: string, command: CommandUnknownOpts): string {
  const callable = command.commands.length > 0 ? command.commands : [command];
  const usages = callable.map((each) => each.createHelp().commandUsage(each));
  return `${sentence}\n\nUsage: ${usages.join('\n       ')}`;
}
