import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { TaskId, TenantId } from '../core/ids.ts';
import type { JsonValue } from '../core/json.ts';
import { INLINE_PAYLOAD_BYTES, ITEM_PAYLOAD_BYTES, keptUntil, MAX_WIRE_BYTES, type Payload } from '../core/payload.ts';
import type { Clock, PayloadStore } from '../core/ports.ts';
import type { PayloadPlace } from './payload-objects.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

export type TieredPayloadStoreOptions = {
  readonly items: PayloadPlace;
  readonly objects: PayloadPlace;
  readonly retentionDays: number;
  readonly clock: Clock;
};

/** What the ref of an object begins with; that of an item begins with its tenant and `#`. */
const OBJECT = /^(payloads|scheduled)\//;

/**
 * Payloads by size: the smallest stay with their task, the next are compressed items of its table, the large ones are
 * compressed objects. Objects that outlive the lifecycle rule of `payloads/` have a prefix, and a rule, of their own.
 */
export class TieredPayloadStore implements PayloadStore {
  readonly #options: TieredPayloadStoreOptions;

  constructor(options: TieredPayloadStoreOptions) {
    this.#options = options;
  }

  async put(tenantId: TenantId, taskId: TaskId, name: string, value: JsonValue, keepUntil: number): Promise<Payload> {
    const { items, objects, retentionDays, clock } = this.#options;
    const json = JSON.stringify(value);
    // In UTF-8 a character takes one byte or more.
    if (json.length <= INLINE_PAYLOAD_BYTES && Buffer.byteLength(json) <= INLINE_PAYLOAD_BYTES) {
      return { inline: value };
    }
    const bytes = await compress(json);
    if (bytes.length <= ITEM_PAYLOAD_BYTES) {
      const ref = `${tenantId}#${taskId}#${name}`;
      await items.put(ref, bytes, keepUntil);
      return { ref };
    }
    const prefix = keepUntil <= keptUntil(clock(), retentionDays) ? 'payloads' : 'scheduled';
    const ref = `${prefix}/${tenantId}/${taskId}/${name}`;
    await objects.put(ref, bytes, keepUntil);
    return { ref };
  }

  async get(payload: Payload): Promise<JsonValue> {
    if ('inline' in payload) return payload.inline;
    const { items, objects } = this.#options;
    const bytes = await (OBJECT.test(payload.ref) ? objects : items).get(payload.ref);
    return JSON.parse((await decompress(bytes, { maxOutputLength: MAX_WIRE_BYTES })).toString());
  }
}
