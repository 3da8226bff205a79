import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** What may follow on a command line. */
export type Word = {
  readonly word: string;
  readonly description: string;
};

/** An option, and what it takes. */
export type OptionWord = Word & { readonly values: readonly string[]; readonly takesValue: boolean };

/** A place on a command line: behind these words of commands, such as ` definitions list`. */
export type Place = {
  readonly at: string;
  /** Subcommands, or what an argument may be. */
  readonly words: readonly Word[];
  readonly options: readonly OptionWord[];
};

/** Returns the places of a command and of its subcommands. */
export function placesOf(command: CommandUnknownOpts, at: string): Place[] {
  const { commands, options, registeredArguments } = command;
  const own = {
    at,
    words: [
      ...commands.map((one) => ({ word: one.name(), description: one.description() })),
      ...registeredArguments.flatMap(({ argChoices = [], description }) =>
        argChoices.map((word) => ({ word, description })),
      ),
    ],
    options: options.map((option) => ({
      word: option.long ?? option.flags,
      description: option.description,
      values: option.argChoices ?? [],
      takesValue: option.required || option.optional,
    })),
  };
  return [own, ...commands.flatMap((one) => placesOf(one, `${at} ${one.name()}`))];
}
