import { devNull } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** The directory of the app that is run: commands are called in it. */
export const PROJECT = process.cwd();

/** Where the commands of its packages are: in its own directory, or in one around it, as the root of a workspace has them. */
const BINARIES = directoriesFrom(PROJECT)
  .map((directory) => join(directory, 'node_modules/.bin'))
  .join(delimiter);

function directoriesFrom(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...directoriesFrom(parent)];
}

/** A child may know these of the caller's environment: nothing that can lead to an account, a proxy or a profile. */
const INHERITED = ['LANG', 'LC_ALL', 'TERM', 'TZ', 'USER', 'SystemRoot'];

/** Returns an environment in which neither the user's AWS settings nor the user's home can be found. Values are absolute paths. */
export function cleanEnvironment(home: string, temporary: string): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(inherited),
    PATH: `${BINARIES}${delimiter}${process.env.PATH ?? ''}`,
    HOME: home,
    TMPDIR: temporary,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
