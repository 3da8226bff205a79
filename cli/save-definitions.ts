import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../client/client.ts';
import { CommandError, EXIT } from './exit-code.ts';

/** A synth looks for it in the directory of `cdk.json`. */
const FILE = 'millrace.deployed.json';

/** Tasks of these statuses are still to be given to their handler. */
const WAITING = ['scheduled', 'queued', 'running', 'waiting'] as const;

/** So many of a type and a status are counted: more of them are as many. */
const MOST_COUNTED = 100;

/**
 * Writes down which task types a deployment has, with what their inputs have to be, and how many of the tenant's tasks of each wait:
 * the next synth warns of what would hurt them. What the file says of other deployments stays.
 */
export async function saveDefinitions(
  client: Pick<Client, 'definitions' | 'list'>,
  name: string,
  savedAt: string,
  project = process.cwd(),
): Promise<string> {
  const { items } = await client.definitions();
  const types: Record<string, { readonly inputSchema: unknown; readonly waiting: number }> = {};
  for (const { type, inputSchema } of items) {
    const counts = WAITING.map(
      async (status) => (await client.list({ type, status, limit: MOST_COUNTED }).page()).items.length,
    );
    const waiting = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    types[type] = { inputSchema, waiting };
  }
  const path = join(project, FILE);
  const others = await readFile(path, 'utf8').then(parsed, () => ({}));
  await writeFile(path, `${JSON.stringify({ ...others, [name]: { savedAt, types } }, undefined, 2)}\n`);
  return `${FILE} says of ${name} what is deployed: ${items.length} task types.`;
}

function parsed(text: string): object {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`${FILE} is there, and is no JSON: delete or mend it.`, EXIT.usage);
  }
}
