import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { CommandError, EXIT } from '../exit-code.ts';
import { ArgumentError } from '../npm-command.ts';

const url = z.string();
const profileSchema = z.union([
  z.strictObject({ url, keyEnvironment: z.string() }),
  z.strictObject({ url, keyFile: z.string() }),
  z.strictObject({ url, keyCommand: z.string() }),
]);
const profilesSchema = z.strictObject({
  /** This one is meant where none is named. */
  default: z.string().optional(),
  profiles: z.record(z.string(), profileSchema),
});

/** A deployment by its URL, and where the key for it comes from. */
export type Profile = z.infer<typeof profileSchema>;
export type Profiles = z.infer<typeof profilesSchema>;

/** Returns the folder in which a user's settings are ("XDG Base Directory Specification"). */
function configDirectory({ XDG_CONFIG_HOME = '' }: NodeJS.ProcessEnv = process.env): string {
  return join(isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(homedir(), '.config'), 'millrace');
}

const fileOf = (): string => join(configDirectory(), 'profiles.json');

/** Reads the profiles of this user; there may be none. */
export async function readProfiles(): Promise<Profiles> {
  const file = fileOf();
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { profiles: {} };
  const parsed = profilesSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new CommandError(
    `${file} must have "profiles", each with a url and one of keyEnvironment, keyFile and keyCommand; \`millrace profiles set\` writes them.`,
    EXIT.usage,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the profiles of this user, all or nothing. */
export const writeProfiles = (profiles: Profiles): Promise<void> =>
  writePrivate(fileOf(), `${JSON.stringify(profiles, undefined, 2)}\n`);

/** Keeps a key where only its owner can read it; returns the file. */
export async function keepKey(profile: string, key: string): Promise<string> {
  const file = keyFileOf(profile);
  await writePrivate(file, `${key}\n`);
  return file;
}

/** Forgets the key that was kept for a profile, if there is one. */
export const forgetKey = (profile: string): Promise<void> => rm(keyFileOf(profile), { force: true });

const keyFileOf = (profile: string): string => join(configDirectory(), 'keys', profile);

async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const written = `${file}.${process.pid}`;
  await writeFile(written, text, { mode: 0o600 });
  await rename(written, file);
}

/** Reads the name of a profile, which names a file, too. Throws `ArgumentError`. */
export function profileNameOf(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return text;
  throw new ArgumentError(`"${text}" must be up to 64 letters, digits, dots, hyphens and underscores.`);
}

/** Returns a profile by its name. Throws where there is none. */
export function findProfile({ profiles }: Profiles, name: string): Profile {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(profiles);
  const known = names.length === 0 ? 'there are none yet' : `there are: ${names.join(', ')}`;
  throw new CommandError(
    `There is no profile "${name}"; ${known}. \`millrace profiles set ${name} --url <url>\` makes it.`,
    EXIT.usage,
  );
}
