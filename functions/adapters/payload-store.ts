import { Readable } from 'node:stream';
import { DeleteItemCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import { mapConcurrently } from '../core/concurrency.ts';
import type { JsonValue } from '../core/json.ts';
import type { Clock, PayloadStore } from '../core/ports.ts';
import { parseTaskId, type TaskId, type TenantId, tableShardOf } from '../core/task/ids.ts';
import {
  INLINE_PAYLOAD_BYTES,
  ITEM_PAYLOAD_BYTES,
  isPayloadOf,
  keptUntil,
  MAX_WIRE_BYTES,
  type Payload,
} from '../core/task/payload.ts';
import { s, seconds } from './dynamo/requests/row.ts';

export type TieredPayloadStoreOptions = {
  /** The task tables by shard. */
  readonly tableNames: readonly string[];
  readonly bucket: string;
  readonly retentionDays: number;
};

const OBJECT_PREFIXES = ['payloads', 'scheduled'] as const;

/** The ref of an object begins so; that of an item begins with its tenant and `#`. */
const OBJECT = /^(payloads|scheduled)\//;

/** So many items are removed at a time. */
const PARALLEL = 10;

/**
 * Keeps payloads by their size: the smallest stay with their task, the next are compressed items of its table, the large
 * ones are compressed objects. Objects that outlive the lifecycle rule of `payloads/` have a prefix, and a rule, of their
 * own.
 */
export class TieredPayloadStore implements PayloadStore {
  readonly #items: PayloadItems;
  readonly #objects: PayloadObjects;
  readonly #retentionDays: number;
  readonly #clock: Clock;

  constructor(
    dynamo: DynamoDBClient,
    s3: () => Promise<S3Client>,
    { tableNames, bucket, retentionDays }: TieredPayloadStoreOptions,
    clock: Clock = Date.now,
  ) {
    this.#items = new PayloadItems(dynamo, tableNames);
    this.#objects = new PayloadObjects(bucket, s3);
    this.#retentionDays = retentionDays;
    this.#clock = clock;
  }

  async put(
    tenantId: TenantId,
    taskId: TaskId,
    name: string,
    value: JsonValue,
    keepUntil: number,
    inlineBytes = INLINE_PAYLOAD_BYTES,
  ): Promise<Payload> {
    const json = JSON.stringify(value);
    // In UTF-8 a character takes one byte or more.
    if (json.length <= inlineBytes && Buffer.byteLength(json) <= inlineBytes) {
      return { inline: value };
    }
    const bytes = await compressedBytes(json);
    if (bytes.length <= ITEM_PAYLOAD_BYTES) {
      const ref = `${tenantId}#${taskId}#${name}`;
      await this.#items.put(ref, bytes, keepUntil);
      return { ref };
    }
    const prefix = keepUntil <= keptUntil(this.#clock(), this.#retentionDays) ? 'payloads' : 'scheduled';
    const ref = `${prefix}/${tenantId}/${taskId}/${name}`;
    await this.#objects.put(ref, bytes);
    return { ref };
  }

  async keep(payload: Payload, keepUntil: number): Promise<'kept' | 'missing'> {
    if ('inline' in payload) return 'kept';
    const { ref } = payload;
    if (!OBJECT.test(ref)) {
      const item = await this.#items.get(ref);
      if (item === undefined) return 'missing';
      await this.#items.put(ref, item, keepUntil);
      return 'kept';
    }
    const object = await this.#objects.get(ref);
    if (object === undefined) return 'missing';
    // Its lifecycle rule counts from its last write.
    const chunks: Uint8Array[] = [];
    for await (const chunk of object) chunks.push(chunk);
    await this.#objects.put(ref, Buffer.concat(chunks));
    return 'kept';
  }

  async get(tenantId: TenantId, payload: Payload): Promise<JsonValue | undefined> {
    if ('inline' in payload) return payload.inline;
    const { ref } = payload;
    if (!isPayloadOf(tenantId, payload)) throw new Error(`the payload ${ref} is not of the tenant ${tenantId}`);
    if (OBJECT.test(ref)) {
      const object = await this.#objects.get(ref);
      return object === undefined ? undefined : JSON.parse(await decompressedText(object));
    }
    const item = await this.#items.get(ref);
    return item === undefined ? undefined : JSON.parse(await decompressedText([item]));
  }

  /** Objects are found by their task. Items are not, and each that is named takes a write, be it there or not. */
  async remove(tenantId: TenantId, taskId: TaskId, refs: readonly string[]): Promise<void> {
    const prefixes = OBJECT_PREFIXES.map((prefix) => `${prefix}/${tenantId}/${taskId}/`);
    const items = refs.filter((ref) => ref.startsWith(`${tenantId}#${taskId}#`));
    await Promise.all([
      ...prefixes.map((prefix) => this.#objects.removeAll(prefix)),
      mapConcurrently(items, PARALLEL, (ref) => this.#items.remove(ref)),
    ]);
  }
}

// Most payloads are small: `node:zlib` is loaded by the first that is not.

/** Compresses all at once: the size decides where a payload goes, and S3 has to know it before the first byte. */
async function compressedBytes(json: string): Promise<Buffer> {
  const { zstdCompress } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    zstdCompress(json, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

/** Decompresses while the bytes arrive, and no more than a payload may have: a few KB can become any number of bytes. */
async function decompressedText(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const [{ createZstdDecompress }, { pipeline }] = await Promise.all([
    import('node:zlib'),
    import('node:stream/promises'),
  ]);
  return pipeline(source, createZstdDecompress(), payloadText);
}

async function payloadText(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_WIRE_BYTES) throw new Error(`a payload is larger than ${MAX_WIRE_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Keeps payloads as items of the task tables, beside their tasks: `<tenant>#<task>#<name>`. No index lists them. */
export class PayloadItems {
  readonly #client: DynamoDBClient;
  readonly #tableNames: readonly string[];

  constructor(client: DynamoDBClient, tableNames: readonly string[]) {
    this.#client = client;
    this.#tableNames = tableNames;
  }

  /** Keeps bytes until `keepUntil`, in milliseconds since the epoch, at least. */
  async put(ref: string, bytes: Uint8Array, keepUntil: number): Promise<void> {
    const tableName = this.#tableOf(ref);
    if (tableName === undefined) throw new Error(`the payload ${ref} is of no task`);
    await this.#client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: { pk: s(ref), data: { B: bytes }, expiresAt: seconds(keepUntil) },
      }),
    );
  }

  /** Reads consistently, since it may just have been written. Returns `undefined` where it is not there. */
  async get(ref: string): Promise<Uint8Array | undefined> {
    const tableName = this.#tableOf(ref);
    if (tableName === undefined) return undefined;
    const { Item: item } = await this.#client.send(
      new GetItemCommand({ TableName: tableName, Key: { pk: s(ref) }, ConsistentRead: true }),
    );
    return item?.data?.B;
  }

  async remove(ref: string): Promise<void> {
    const tableName = this.#tableOf(ref);
    if (tableName !== undefined) {
      await this.#client.send(new DeleteItemCommand({ TableName: tableName, Key: { pk: s(ref) } }));
    }
  }

  #tableOf(ref: string): string | undefined {
    const id = parseTaskId(ref.split('#')[1] ?? '');
    return id === undefined ? undefined : this.#tableNames[tableShardOf(id)];
  }
}

/**
 * Keeps payloads in a bucket, whose lifecycle rules by prefix end them. The S3 client is loaded by the first payload that needs
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
   * Returns an object as it arrives: read it to its end or destroy it, or its connection stays taken. Returns `undefined` where
   * it is not there, which S3 says only to those who may list the bucket.
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

  /** Removes the objects whose keys begin so: a task has few. */
  async removeAll(prefix: string): Promise<void> {
    const { client, DeleteObjectCommand, paginateListObjectsV2 } = await this.#open();
    for await (const { Contents: found = [] } of paginateListObjectsV2(
      { client },
      { Bucket: this.#bucket, Prefix: prefix },
    )) {
      await mapConcurrently(found, PARALLEL, ({ Key }) =>
        client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key })),
      );
    }
  }

  async #open() {
    this.#client ??= this.#connect();
    const [client, { DeleteObjectCommand, GetObjectCommand, paginateListObjectsV2, PutObjectCommand }] =
      await Promise.all([this.#client, import('@aws-sdk/client-s3')]);
    return { client, DeleteObjectCommand, GetObjectCommand, paginateListObjectsV2, PutObjectCommand };
  }
}
