import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createKey } from '../cli/keys.ts';
import { DynamoAccessStore } from '../functions/adapters/dynamo/access-store.ts';
import { parseTenantId } from '../functions/core/task/ids.ts';
import { hashAccessKey, SCOPES } from '../functions/core/tenant/access-key.ts';
import { apiUrl } from './api-url.ts';
import type { AwsTarget } from './aws-target.ts';
import type { StackOutputs } from './cdk.ts';
import { LOCAL_TENANT } from './context.ts';

/** A Millrace of an app, as the outputs of its stacks tell of it. */
export type DeployedMillrace = {
  /** The name that its stacks begin with; of one within a stack of the app, that stack's, and what it is called there. */
  readonly name: string;
  readonly accessTable: string;
  readonly apiId: string;
  readonly apiUrl: string;
};

/** A Millrace that can be called. */
export type LocalMillrace = {
  readonly name: string;
  /** The URL of the API has no slash at its end: `${url}/api/tasks`. */
  readonly url: string;
};

const OUTPUT = /^(.*?)(AccessTableName|ApiId|ApiUrl)$/;

/** Finds the Millraces of an app. Of each, the outputs are of one stack of the app, or of two of its own. */
export function millracesOf(outputs: StackOutputs): DeployedMillrace[] {
  const found = new Map<string, Record<string, string>>();
  for (const [stack, ofStack] of Object.entries(outputs)) {
    for (const [key, value] of Object.entries(ofStack)) {
      const [, path, output] = OUTPUT.exec(key) ?? [];
      if (path === undefined || output === undefined) continue;
      const name = path === '' ? stack.replace(/-(data|api)$/, '') : `${stack} ${path}`;
      found.set(name, { ...found.get(name), [output]: value });
    }
  }
  return [...found].flatMap(([name, { AccessTableName: accessTable, ApiId: apiId, ApiUrl: url }]) =>
    accessTable === undefined || apiId === undefined || url === undefined
      ? []
      : [{ name, accessTable, apiId, apiUrl: url }],
  );
}

/** Returns where each Millrace is called, once it takes a key with every scope. The first may be at the root of the endpoint. */
export async function openMillraces(
  target: AwsTarget,
  millraces: readonly DeployedMillrace[],
  apiKey: string,
  signal: AbortSignal,
): Promise<LocalMillrace[]> {
  return Promise.all(
    millraces.map(async (millrace, place) => {
      await grantEverything(target, millrace, apiKey);
      return { name: millrace.name, url: await apiUrl(target.endpoint, millrace, { isFirst: place === 0, signal }) };
    }),
  );
}

/** Grants the local key every scope, unless the state of an earlier run has it so. */
async function grantEverything(target: AwsTarget, { accessTable }: DeployedMillrace, apiKey: string): Promise<void> {
  const tenantId = parseTenantId(LOCAL_TENANT);
  if (tenantId === undefined) throw new Error(`${LOCAL_TENANT} is no name of a tenant.`);
  const store = new DynamoAccessStore(new DynamoDBClient(target.client), accessTable);
  const found = await store.find(hashAccessKey(apiKey));
  if (SCOPES.every((scope) => found?.scopes.includes(scope))) return;
  await createKey(store, { tenantId, scopes: SCOPES, name: 'local run' }, apiKey);
}
