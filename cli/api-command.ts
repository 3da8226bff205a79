import type { Client } from '../client/client.ts';
import { createClient } from '../client/create-client.ts';
import { deploymentOf, type Named } from './deployment/find-deployment.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { npmCommand } from './npm-command.ts';
import { secondsOf } from './option-values.ts';

/** Makes a command that names a deployment. */
export const deploymentCommand = (name: string, description: string) =>
  npmCommand(name, description)
    .option('--profile <name>', 'the deployment, as `millrace profiles` lists it')
    .option('--local', 'the deployment that npm start runs in this folder')
    .option('--name <name>', 'with --local: which Millrace of the app (default: the first)');

/** Makes a command that calls the API of a deployment. */
export const apiCommand = (name: string, description: string) =>
  deploymentCommand(name, description)
    .option('--deadline <time>', 'how long a call is tried (default: 30s)', secondsOf('deadline'))
    .option('--json', 'what the API answers, as JSON, for programs');

/** What such a command was told of its calls. */
export type ApiOptions = Named & { readonly deadline?: number | undefined; readonly json?: true | undefined };

/** Makes the client of the deployment that is meant. The key is got once, at the first call. */
export async function clientOf(options: ApiOptions): Promise<Client> {
  const { url, key } = await deploymentOf(options);
  let got: Promise<string> | undefined;
  const keyOnce = (): Promise<string> => {
    got ??= Promise.resolve().then(key);
    return got;
  };
  try {
    return createClient({ url, key: keyOnce, deadlineSeconds: options.deadline ?? 30 });
  } catch (error) {
    throw new CommandError(`"${url}" cannot be called: ${(error as Error).message}.`, EXIT.usage);
  }
}
