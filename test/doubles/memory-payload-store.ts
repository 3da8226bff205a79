import type { TaskId, TenantId } from '../../functions/core/ids.ts';
import type { JsonValue } from '../../functions/core/json.ts';
import { INLINE_PAYLOAD_BYTES, type Payload } from '../../functions/core/payload.ts';
import type { PayloadStore } from '../../functions/core/ports.ts';

export class MemoryPayloadStore implements PayloadStore {
  readonly #values = new Map<string, string>();

  async put(tenantId: TenantId, taskId: TaskId, name: string, value: JsonValue, _keepUntil: number): Promise<Payload> {
    const json = JSON.stringify(value);
    if (Buffer.byteLength(json) <= INLINE_PAYLOAD_BYTES) return { inline: JSON.parse(json) };
    const ref = `${tenantId}#${taskId}#${name}`;
    this.#values.set(ref, json);
    return { ref };
  }

  async keep(payload: Payload, _keepUntil: number): Promise<void> {
    await this.get(payload);
  }

  async get(payload: Payload): Promise<JsonValue> {
    if ('inline' in payload) return payload.inline;
    const json = this.#values.get(payload.ref);
    if (json === undefined) throw new Error(`there is no payload ${payload.ref}`);
    return JSON.parse(json);
  }
}
