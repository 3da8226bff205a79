import { readLocal } from '../connection.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { ArgumentError } from '../npm-command.ts';
import { keyInEnvironment, keyOf } from './key-source.ts';
import { findProfile, readProfiles } from './profiles.ts';

/** A deployment whose API is called; its key is got when it is needed. */
export type Deployment = {
  readonly url: string;
  readonly key: () => string | Promise<string>;
  /** What it is called in the app, of one that runs on this machine. */
  readonly name?: string | undefined;
};

/** How a command line names a deployment. */
export type Named = {
  readonly profile?: string | undefined;
  readonly local?: true | undefined;
  readonly name?: string | undefined;
};

/** Returns the options by which another command means the same deployment, with a blank before each. */
export const optionsOf = ({ profile, local, name }: Named): string =>
  [
    local === true ? ' --local' : '',
    name === undefined ? '' : ` --name ${name}`,
    profile === undefined ? '' : ` --profile ${profile}`,
  ].join('');

/**
 * Finds the deployment that is meant: the one that is named, or that of MILLRACE_URL, of MILLRACE_PROFILE, or of the default profile.
 * Throws where none is.
 */
export async function deploymentOf(named: Named, environment: NodeJS.ProcessEnv = process.env): Promise<Deployment> {
  const { profile, local, name } = named;
  if (local === true && profile !== undefined) throw new ArgumentError('--local and --profile name two deployments.');
  if (local === true) return localDeployment(name);
  if (name !== undefined) throw new ArgumentError('--name tells apart what --local finds: give both.');
  const { MILLRACE_URL: url = '', MILLRACE_PROFILE } = environment;
  if (profile === undefined && url !== '') return { url, key: () => keyInEnvironment('MILLRACE_KEY', environment) };
  const profiles = await readProfiles();
  const meant = profile ?? (MILLRACE_PROFILE || profiles.default);
  if (meant === undefined) {
    throw new CommandError(
      'No deployment is named: give --local for what `npm start` runs here or --profile <name>, or set MILLRACE_URL and MILLRACE_KEY.',
      EXIT.usage,
    );
  }
  const found = findProfile(profiles, meant);
  return { url: found.url, key: () => keyOf(found, environment) };
}

async function localDeployment(name: string | undefined): Promise<Deployment> {
  const { url, apiKey, millraces } = await readLocal();
  if (name === undefined) return { url, key: () => apiKey, name: millraces[0]?.name };
  const found = millraces.find((millrace) => millrace.name === name);
  if (found !== undefined) return { url: found.url, key: () => found.apiKey, name };
  const names = millraces.map((millrace) => millrace.name).join(', ');
  throw new CommandError(`--name "${name}" is no Millrace of this app; it has ${names}.`, EXIT.usage);
}
