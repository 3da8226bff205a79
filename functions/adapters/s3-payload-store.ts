import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import type { TaskId, TenantId } from '../core/ids.ts';
import type { JsonValue } from '../core/json.ts';
import { INLINE_PAYLOAD_BYTES, type Payload } from '../core/payload.ts';
import type { PayloadStore } from '../core/ports.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/**
 * Payloads in a bucket, compressed; small ones stay with their task. The S3 client is loaded by the first payload that
 * needs it: most tasks never do, and their functions start faster.
 */
export class S3PayloadStore implements PayloadStore {
  readonly #bucket: string;
  readonly #connect: () => Promise<S3Client>;
  #client: Promise<S3Client> | undefined;

  constructor(bucket: string, connect: () => Promise<S3Client>) {
    this.#bucket = bucket;
    this.#connect = connect;
  }

  async put(tenantId: TenantId, taskId: TaskId, name: string, value: JsonValue): Promise<Payload> {
    const json = Buffer.from(JSON.stringify(value));
    if (json.length <= INLINE_PAYLOAD_BYTES) return { inline: value };
    const ref = `payloads/${tenantId}/${taskId}/${name}`;
    const { client, PutObjectCommand } = await this.#open();
    await client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: ref,
        Body: await compress(json),
        ContentType: 'application/json',
        ContentEncoding: 'zstd',
      }),
    );
    return { ref };
  }

  async get(payload: Payload): Promise<JsonValue> {
    if ('inline' in payload) return payload.inline;
    const { client, GetObjectCommand } = await this.#open();
    const { Body: body } = await client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: payload.ref }));
    if (body === undefined) throw new Error(`the payload ${payload.ref} is empty`);
    return JSON.parse((await decompress(await body.transformToByteArray())).toString());
  }

  async #open() {
    this.#client ??= this.#connect();
    const [client, { GetObjectCommand, PutObjectCommand }] = await Promise.all([
      this.#client,
      import('@aws-sdk/client-s3'),
    ]);
    return { client, GetObjectCommand, PutObjectCommand };
  }
}
