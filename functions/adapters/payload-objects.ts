import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';

/**
 * Payloads in a bucket, whose lifecycle rules by prefix end them. The S3 client is loaded by the first payload that needs
 * it: most tasks never do, and their functions start faster.
 */
export class PayloadObjects {
  readonly #bucket: string;
  readonly #connect: () => Promise<S3Client>;
  #client: Promise<S3Client> | undefined;

  constructor(bucket: string, connect: () => Promise<S3Client>) {
    this.#bucket = bucket;
    this.#connect = connect;
  }

  async put(ref: string, bytes: Uint8Array): Promise<void> {
    const { client, PutObjectCommand } = await this.#open();
    await client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: ref,
        Body: bytes,
        ContentType: 'application/json',
        ContentEncoding: 'zstd',
      }),
    );
  }

  /**
   * As it arrives: read it to its end or destroy it, or its connection stays taken. `undefined` where it is not there, which
   * S3 says only to those who may list the bucket.
   */
  async get(ref: string): Promise<Readable | undefined> {
    const { client, GetObjectCommand } = await this.#open();
    const answer = client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: ref }));
    const { Body: body } = await answer.catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NoSuchKey') return { Body: undefined };
      throw error;
    });
    if (body === undefined) return undefined;
    if (!(body instanceof Readable)) throw new Error(`the payload ${ref} has no content`);
    return body;
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
