import { createClient } from '../../client/create-client.ts';
import { compact } from '../../functions/core/compact.ts';
import {
  findProfile,
  forgetKey,
  keepKey,
  type Profile,
  type Profiles,
  profileNameOf,
  readProfiles,
  writeProfiles,
} from '../deployment/profiles.ts';
import { typedKey } from '../deployment/typed-key.ts';
import { ArgumentError, npmCommand, runnable } from '../npm-command.ts';
import { note, printJson, printTable } from '../terminal/print.ts';
import type { Cell } from '../terminal/table.ts';

const HEADS = ['NAME', 'DEFAULT', 'URL', 'KEY'];

const list = npmCommand('list', 'Lists the profiles of this user.')
  .option('--json', 'as JSON, for programs')
  .action(async ({ json }) => {
    const { profiles, default: byDefault } = await readProfiles();
    const entries = Object.entries(profiles);
    if (json === true) {
      for (const [name, profile] of entries) printJson({ name, default: name === byDefault, ...profile });
    } else if (entries.length === 0) note('There are none: `millrace profiles set <name> --url <url>` makes one.');
    else printTable([HEADS, ...entries.map(([name, profile]) => rowOf(name, profile, name === byDefault))]);
  });

const set = npmCommand('set', 'Makes a profile, or replaces it. Asks for the key, unless told where that comes from.')
  .usage('<name> --url <url> [options] [< file with the key]')
  .argument('<name>', 'what it is called', profileNameOf)
  .requiredOption('--url <url>', 'of the API, as a deploy prints it', urlOf)
  .option('--key-environment <name>', 'the variable that holds the key when a command runs')
  .option('--key-command <command>', 'prints the key when a command runs: "pass show millrace"')
  .option('--default', 'mean this one where none is named')
  .action(async (name, { url, keyEnvironment, keyCommand, default: isDefault }) => {
    if (keyEnvironment !== undefined && keyCommand !== undefined) {
      throw new ArgumentError('--key-environment and --key-command say two places: give one.');
    }
    const before = await readProfiles();
    const profile = await profileOf(name, url, { keyEnvironment, keyCommand });
    if (!('keyFile' in profile)) await forgetKey(name);
    const isFirst = Object.keys(before.profiles).length === 0;
    await writeProfiles({
      ...before,
      ...(isDefault === true || isFirst ? { default: name } : {}),
      profiles: { ...before.profiles, [name]: profile },
    });
    note(`The profile ${name} is kept. Its key is ${sourceText(profile)}.`);
  });

const use = npmCommand('use', 'Means a profile where none is named.')
  .argument('<name>', 'which profile')
  .action(async (name) => {
    const profiles = await readProfiles();
    findProfile(profiles, name);
    await writeProfiles({ ...profiles, default: name });
    note(`The profile ${name} is meant where none is named.`);
  });

const remove = npmCommand('delete', 'Deletes a profile, with the key that was kept for it.')
  .argument('<name>', 'which profile')
  .action(async (name) => {
    const all = await readProfiles();
    findProfile(all, name);
    const { [name]: _, ...profiles } = all.profiles;
    const rest: Profiles = compact({ default: all.default === name ? undefined : all.default, profiles });
    await forgetKey(name);
    await writeProfiles(rest);
    note(`The profile ${name} is deleted. Its key still works: \`millrace keys revoke\` ends it.`);
  });

const profilesCommand = npmCommand(
  'millrace profiles',
  'Keeps the deployments that commands may call, and where their keys come from.',
)
  .addCommand(list, { isDefault: true })
  .addCommand(set)
  .addCommand(use)
  .addCommand(remove);

/** Is the command `millrace profiles`. */
export const profiles = runnable(profilesCommand);

type Source = { readonly keyEnvironment: string | undefined; readonly keyCommand: string | undefined };

async function profileOf(name: string, url: string, { keyEnvironment, keyCommand }: Source): Promise<Profile> {
  if (keyEnvironment !== undefined) return { url, keyEnvironment };
  if (keyCommand !== undefined) return { url, keyCommand };
  return { url, keyFile: await keepKey(name, await typedKey(`Key for ${name} (it is not shown): `)) };
}

const rowOf = (name: string, profile: Profile, isDefault: boolean): Cell[] => [
  name,
  isDefault ? 'yes' : '',
  profile.url,
  sourceText(profile),
];

function sourceText(profile: Profile): string {
  if ('keyEnvironment' in profile) return `in the variable ${profile.keyEnvironment}`;
  return 'keyFile' in profile ? `in ${profile.keyFile}` : `printed by ${profile.keyCommand}`;
}

function urlOf(text: string): string {
  try {
    createClient({ url: text, key: '' });
    return text.replace(/\/+$/, '');
  } catch (error) {
    throw new ArgumentError(`--url "${text}": ${error instanceof Error ? error.message : error}.`);
  }
}
