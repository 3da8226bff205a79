import { randomBytes } from 'node:crypto';
import { CloudFormationClient, paginateDescribeStacks, type Stack } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoAccessStore } from '../functions/adapters/dynamo/access-store.ts';
import { AUTHORIZER_CACHE_SECONDS } from '../functions/contract.ts';
import { compact } from '../functions/core/compact.ts';
import type { TenantId } from '../functions/core/task/ids.ts';
import {
  type AccessGrant,
  type AccessStore,
  accessKeyId,
  type GrantPlace,
  hashAccessKey,
  type ListedGrant,
  newAccessKey,
} from '../functions/core/tenant/access-key.ts';
import { connectionOf } from './connection.ts';
import { type KeysArguments, keysCommand, parseKeysArguments, type RevokeKey } from './keys-arguments.ts';
import { ArgumentError, runnable } from './npm-command.ts';
import { tableLines } from './terminal/table.ts';

/** What a command prints: to the terminal's user, and what a script would read. */
type Printed = { readonly note?: string; readonly result: string };

/** Does what the arguments ask for. Throws `ArgumentError` for a key that is not there. */
export async function runKeys(args: KeysArguments, store: AccessStore): Promise<Printed> {
  switch (args.command) {
    case 'create': {
      const key = await createKey(store, args);
      const id = accessKeyId(hashAccessKey(key));
      const of = `tenant ${args.tenantId} (${args.scopes.join(', ')})`;
      return { note: `Key ${id} of ${of}. Keep it: it is shown only now.`, result: key };
    }
    case 'list':
      return { result: grantTable(await everyGrant(store, args.tenantId)) };
    case 'revoke':
      return { result: await revokeKey(store, args) };
  }
}

/** Makes a key, grants it, and gives it back: the only time that anyone sees it. */
export async function createKey(
  store: AccessStore,
  { tenantId, scopes, name, limits }: Omit<AccessGrant, 'createdAt'>,
  key = newAccessKey(randomBytes(32)),
): Promise<string> {
  await store.put(hashAccessKey(key), compact({ tenantId, scopes, name, createdAt: Date.now(), limits }));
  return key;
}

/** How many keys are asked for at a time. */
const PAGE_SIZE = 1_000;

async function everyGrant(store: AccessStore, tenantId: TenantId): Promise<ListedGrant[]> {
  const grants: ListedGrant[] = [];
  let after: GrantPlace | undefined;
  do {
    const page = await store.list(tenantId, PAGE_SIZE, after);
    grants.push(...page.grants);
    after = page.next;
  } while (after !== undefined);
  return grants;
}

async function revokeKey(store: AccessStore, { tenantId, id }: RevokeKey): Promise<string> {
  const result = await store.revoke(tenantId, id);
  if (result === 'revoked') {
    return `Key ${id} of tenant ${tenantId} is revoked. It may still be let in for ${AUTHORIZER_CACHE_SECONDS} s.`;
  }
  throw new ArgumentError(
    result === 'missing'
      ? `Tenant ${tenantId} has no key ${id}: \`list\` shows those it has.`
      : `Tenant ${tenantId} has several keys ${id}, so none was revoked: delete the row that is meant in the table.`,
  );
}

function grantTable(grants: readonly ListedGrant[]): string {
  const rows = grants.map(({ id, name, scopes, createdAt, limits: { ratePerSecond, maxOpenTasks } = {} }) => [
    id,
    new Date(createdAt).toISOString(),
    scopes.join(','),
    String(ratePerSecond ?? '-'),
    String(maxOpenTasks ?? '-'),
    name,
  ]);
  return tableLines([['ID', 'CREATED', 'SCOPES', 'RATE', 'OPEN', 'NAME'], ...rows]).join('\n');
}

type DeployedStack = Pick<Stack, 'StackName' | 'Outputs'>;

/**
 * Finds the table of keys in the outputs of a deployment's data stack: of the stack named, or of the only one that has such a table.
 * Throws `ArgumentError` where it cannot be told which is meant.
 */
export function accessTableIn(stacks: readonly DeployedStack[], stackName?: string): string {
  const found = stacks.flatMap(({ StackName: name = '', Outputs = [] }) => {
    // In a stack with others its name begins with the construct's.
    const table = Outputs.find(({ OutputKey }) => OutputKey?.endsWith('AccessTableName'))?.OutputValue;
    return table === undefined ? [] : [{ name, table }];
  });
  const [meant, another] = stackName === undefined ? found : found.filter(({ name }) => name === stackName);
  if (meant !== undefined && another === undefined) return meant.table;
  const there = found.map(({ name }) => name).join(', ');
  if (there === '') throw new ArgumentError('Nothing of Millrace is deployed here: no stack has a table of keys.');
  throw new ArgumentError(
    stackName === undefined
      ? `There are several deployments: name one by --stack, which may be ${there}.`
      : `--stack "${stackName}" has no table of keys; ${there} has.`,
  );
}

async function accessTableName(client: CloudFormationClient, stackName?: string): Promise<string> {
  const stacks: Stack[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) stacks.push(...Stacks);
  return accessTableIn(stacks, stackName);
}

/** Is the command `millrace keys`. */
export const keys = runnable(keysCommand, async (commandLine) => {
  const args = parseKeysArguments(commandLine);
  const connection = await connectionOf(args);
  const tableName = await accessTableName(new CloudFormationClient(connection), args.stackName);
  const { note, result } = await runKeys(args, new DynamoAccessStore(new DynamoDBClient(connection), tableName));
  if (note !== undefined) console.error(note);
  console.log(result);
});

if (import.meta.main) await keys.run(process.argv.slice(2));
