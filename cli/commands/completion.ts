import { Argument } from '@commander-js/extra-typings';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { type Place, placesOf } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { npmCommand, type Runnable, runnable } from '../npm-command.ts';

const SHELLS: Readonly<Record<'bash' | 'zsh' | 'fish', (places: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

type Commands = Readonly<Record<string, readonly [description: string, load: () => Promise<Runnable>]>>;

/** Makes the command `millrace completion`, which completes these commands. */
export function completionOf(commands: Commands): Runnable {
  const completionCommand = npmCommand('millrace completion', 'Prints what completes these commands in a shell.')
    .addArgument(new Argument('<shell>', 'whose: source <(millrace completion bash)').choices(['bash', 'zsh', 'fish']))
    .action(async (shell) => {
      process.stdout.write(SHELLS[shell](await allPlaces(commands, completionCommand)));
    });
  return runnable(completionCommand);
}

async function allPlaces(commands: Commands, itself: Runnable['command']): Promise<Place[]> {
  const entries = Object.entries(commands);
  const top = { at: '', words: entries.map(([word, [description]]) => ({ word, description })), options: [] };
  const places = entries.map(async ([name, [, load]]) => {
    const command = name === 'completion' ? itself : (await load()).command;
    return placesOf(command, ` ${name}`);
  });
  return [top, ...(await Promise.all(places)).flat()];
}
