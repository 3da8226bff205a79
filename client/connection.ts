import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const LOCAL = join(import.meta.dirname, '../.millrace/local.json');
const localSchema = z.object({ awsEndpoint: z.url() });

/** How an SDK client reaches AWS; empty where it finds out by itself, from the caller's environment. */
export type Connection = {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

/** The caller's own AWS, or with `--local` the cloud that `npm start` runs here. Throws where none runs. */
export async function connectionOf({ isLocal }: { readonly isLocal: boolean }): Promise<Connection> {
  if (!isLocal) return {};
  const text = await readFile(LOCAL, 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error('Nothing runs here: start it with `npm start`, or leave out --local.');
  const { awsEndpoint: endpoint } = localSchema.parse(JSON.parse(text));
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}
