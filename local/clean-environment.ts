import { devNull } from 'node:os';
import { npmPath } from '../cli/npm-path.ts';

/** The directory of the app that is run: commands are called in it. */
export const PROJECT = process.cwd();

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
    PATH: npmPath(PROJECT),
    HOME: home,
    TMPDIR: temporary,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
