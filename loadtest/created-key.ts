import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A key of another tenant on the local cloud, as `npm run keys` makes it. */
export async function createdKey(awsEndpoint: string, tenantId: string): Promise<string> {
  const keys = join(import.meta.dirname, '../client/keys.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [keys, 'create', '--tenant', tenantId, '--scopes', 'submit,read'],
    {
      env: {
        ...{ PATH: process.env.PATH, AWS_ENDPOINT_URL: awsEndpoint, AWS_REGION: 'us-east-1' },
        ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      },
    },
  );
  return stdout.trim();
}
