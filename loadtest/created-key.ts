import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Makes a key of another tenant on the local cloud, as `npm run keys` makes it. */
export async function createdKey(tenantId: string): Promise<string> {
  const keys = join(import.meta.dirname, '../cli/keys.ts');
  const args = [keys, 'create', '--local', '--tenant', tenantId, '--scopes', 'submit,read'];
  return (await promisify(execFile)(process.execPath, args)).stdout.trim();
}
