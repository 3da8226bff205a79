import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { newAccessKey } from '../functions/core/tenant/access-key.ts';

const identitySchema = z.object({ apiKey: z.string(), port: z.int().optional() });

/** What stays the same from run to run: the key of the tenant `local`, and the port that was served last. */
export type Identity = { readonly apiKey: string; readonly port?: number | undefined };

const fileIn = (directory: string): string => join(directory, 'identity.json');

/** Reads the identity that a directory keeps, or makes a new one where there is none, or none that can be read. */
export async function readIdentity(directory: string): Promise<Identity> {
  try {
    return identitySchema.parse(JSON.parse(await readFile(fileIn(directory), 'utf8')));
  } catch {
    return { apiKey: newAccessKey(randomBytes(32)) };
  }
}

export const writeIdentity = (directory: string, identity: Identity): Promise<void> =>
  writeFile(fileIn(directory), `${JSON.stringify(identity)}\n`, { mode: 0o600 });
