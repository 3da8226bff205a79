import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoAccessStore } from '../functions/adapters/dynamo-access-store.ts';
import {
  type AccessGrant,
  type AccessStore,
  hashAccessKey,
  newAccessKey,
  parseScope,
  SCOPES,
} from '../functions/core/access-key.ts';
import { parseTenantId } from '../functions/core/ids.ts';

const USAGE = `Usage: npm run keys -- create --tenant <tenant> --scopes <scope,...> [--name <name>] [--stack <stack>]

  --tenant  whose tasks the key reaches: up to 63 lower-case letters, digits and hyphens
  --scopes  what the key may do: ${SCOPES.join(', ')}
  --name    whom the key is for (default: the tenant)
  --stack   the deployment's data stack (default: millrace-data)`;

/** A command line that cannot be followed; the message says which part and why. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
}

export type CreateKeyArguments = Pick<AccessGrant, 'tenantId' | 'scopes' | 'name'> & { readonly stackName: string };

/** Reads the arguments behind `npm run keys --`. Throws `ArgumentError`. */
export function parseKeysArguments(args: readonly string[]): CreateKeyArguments {
  const { values, positionals } = parsed(args);
  if (positionals.length !== 1 || positionals[0] !== 'create') {
    throw new ArgumentError(`The command must be "create", not "${positionals.join(' ')}".`);
  }
  const tenantId = parseTenantId(values.tenant ?? '');
  if (values.tenant === undefined) throw new ArgumentError('--tenant is missing.');
  if (tenantId === undefined) {
    throw new ArgumentError(
      `--tenant "${values.tenant}" must be up to 63 lower-case letters, digits and hyphens, and not start with a hyphen.`,
    );
  }
  if (values.scopes === undefined) throw new ArgumentError('--scopes is missing.');
  const scopes = values.scopes.split(',').map((text) => {
    const scope = parseScope(text.trim());
    if (scope === undefined) throw new ArgumentError(`--scopes knows no "${text}"; there are ${SCOPES.join(', ')}.`);
    return scope;
  });
  if (values.name?.trim() === '') throw new ArgumentError(`--name "${values.name}" must not be blank.`);
  return {
    tenantId,
    scopes: [...new Set(scopes)],
    name: values.name ?? tenantId,
    stackName: values.stack ?? 'millrace-data',
  };
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { tenant: text, scopes: text, name: text, stack: text };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new ArgumentError(error instanceof Error ? error.message : String(error));
  }
}

/** Makes a key, grants it, and gives it back: the only time that anyone sees it. */
export async function createKey(
  store: AccessStore,
  { tenantId, scopes, name }: Omit<AccessGrant, 'createdAt'>,
  key = newAccessKey(randomBytes(32)),
): Promise<string> {
  await store.put(hashAccessKey(key), { tenantId, scopes, name, createdAt: Date.now() });
  return key;
}

/** The access table of a deployment, from the output of its data stack. */
export async function accessTableName(cloudFormation: CloudFormationClient, stackName: string): Promise<string> {
  const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
  const table = stack?.Outputs?.find(({ OutputKey }) => OutputKey === 'AccessTableName')?.OutputValue;
  if (table === undefined)
    throw new Error(`Stack ${stackName} has no output AccessTableName: is it Millrace's data stack?`);
  return table;
}

if (import.meta.main) {
  try {
    const { stackName, ...grant } = parseKeysArguments(process.argv.slice(2));
    const tableName = await accessTableName(new CloudFormationClient({}), stackName);
    const key = await createKey(new DynamoAccessStore(new DynamoDBClient({}), tableName), grant);
    console.error(`Key of tenant ${grant.tenantId} (${grant.scopes.join(', ')}). Keep it: it is shown only now.`);
    console.log(key);
  } catch (error) {
    const hint = error instanceof ArgumentError ? `\n\n${USAGE}` : '';
    console.error(`${error instanceof Error ? error.message : String(error)}${hint}`);
    process.exitCode = 1;
  }
}
