import type { JsonValue } from '../../core/json.ts';
import type { PayloadStore } from '../../core/ports.ts';
import type { TaskId, TenantId } from '../../core/task/ids.ts';
import { INLINE_PAYLOAD_BYTES, isPayloadOf, type Payload } from '../../core/task/payload.ts';

export class MemoryPayloadStore implements PayloadStore {
  readonly #values = new Map<string, string>();

  async put(
    tenantId: TenantId,
    taskId: TaskId,
    name: string,
    value: JsonValue,
    _keepUntil: number,
    inlineBytes = INLINE_PAYLOAD_BYTES,
  ): Promise<Payload> {
    const json = JSON.stringify(value);
    if (Buffer.byteLength(json) <= inlineBytes) return { inline: JSON.parse(json) };
    const ref = `${tenantId}#${taskId}#${name}`;
    this.#values.set(ref, json);
    return { ref };
  }

  async keep(payload: Payload, _keepUntil: number): Promise<'kept' | 'missing'> {
    return 'inline' in payload || this.#values.has(payload.ref) ? 'kept' : 'missing';
  }

  async get(tenantId: TenantId, payload: Payload): Promise<JsonValue | undefined> {
    if ('inline' in payload) return payload.inline;
    if (!isPayloadOf(tenantId, payload)) throw new Error(`the payload ${payload.ref} is not of the tenant ${tenantId}`);
    const json = this.#values.get(payload.ref);
    return json === undefined ? undefined : JSON.parse(json);
  }

  async remove(tenantId: TenantId, taskId: TaskId, _refs: readonly string[]): Promise<void> {
    this.lose((ref) => ref.startsWith(`${tenantId}#${taskId}#`));
  }

  /** Loses what it keeps, as a lifecycle rule, TTL or an emptied bucket does: all of it, or some by their refs. */
  lose(isLost: (ref: string) => boolean = () => true): void {
    for (const ref of this.#values.keys()) if (isLost(ref)) this.#values.delete(ref);
  }
}
