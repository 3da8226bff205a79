import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { compact } from '../functions/core/compact.ts';
import { CommandError, EXIT } from './exit-code.ts';

const LOCAL = join(process.cwd(), '.millrace/local.json');
const millraceSchema = z.object({ name: z.string(), url: z.url(), apiKey: z.string() });
const localSchema = z.object({
  /** The first Millrace of the app is called so. */
  url: z.url(),
  apiKey: z.string(),
  millraces: z.array(millraceSchema).default([]),
  awsEndpoint: z.url(),
  region: z.string(),
  /** Whose they are: those of a foreign endpoint stay where the caller has them. */
  credentials: z.enum(['any', 'environment']),
});

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** How an SDK client reaches AWS; empty where it finds out by itself, from the caller's environment. */
export type Connection = { readonly endpoint?: string; readonly region?: string; readonly credentials?: Credentials };

/** Returns the credentials of an environment; without any, some that a cloud on one machine takes. */
export function credentialsOf(environment: NodeJS.ProcessEnv): Credentials {
  const { AWS_ACCESS_KEY_ID = 'test', AWS_SECRET_ACCESS_KEY = 'test', AWS_SESSION_TOKEN } = environment;
  return compact({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  });
}

/**
 * Returns how to reach the caller's own AWS, or with `isLocal` the cloud that `npm start` has deployed to, as the file that it leaves says.
 * Throws where none runs.
 */
export async function connectionOf(
  { isLocal }: { readonly isLocal: boolean },
  environment: NodeJS.ProcessEnv = process.env,
  file = LOCAL,
): Promise<Connection> {
  if (!isLocal) return {};
  const { awsEndpoint: endpoint, region, credentials } = await readLocal(file);
  return { endpoint, region, credentials: credentialsOf(credentials === 'any' ? {} : environment) };
}

/** Reads how to reach what `npm start` runs in this folder. Throws where nothing does. */
export async function readLocal(file = LOCAL): Promise<z.infer<typeof localSchema>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new CommandError('Nothing runs here: start it with `npm start`, or leave out --local.', EXIT.usage);
  }
  return localSchema.parse(JSON.parse(text));
}
