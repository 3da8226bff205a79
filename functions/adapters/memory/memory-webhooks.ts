import type { TenantId } from '../../core/task/ids.ts';
import type { SigningSecret, SigningSecrets } from '../../core/webhook/signature.ts';
import type { Subscriber, WebhookStore, Webhooks } from '../../core/webhook/webhook.ts';

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Webhooks in memory. */
export class MemoryWebhookStore implements WebhookStore {
  readonly #rows = new Map<TenantId, Webhooks>();

  async get(tenantId: TenantId): Promise<Webhooks> {
    return this.#rows.get(tenantId) ?? { revision: 0, webhooks: [] };
  }

  async replace(tenantId: TenantId, next: Webhooks): Promise<'replaced' | 'lost'> {
    const found = this.#rows.get(tenantId);
    if ((found?.revision ?? 0) !== next.revision - 1) return isSame(found, next) ? 'replaced' : 'lost';
    this.#rows.set(tenantId, next);
    return 'replaced';
  }
}

/** Secrets in memory. */
export class MemorySigningSecrets implements SigningSecrets {
  readonly #rows = new Map<string, readonly SigningSecret[]>();

  async get(tenantId: TenantId, subscriber: Subscriber): Promise<readonly SigningSecret[]> {
    return this.#rows.get(`${tenantId}#${subscriber}`) ?? [];
  }

  async replace(
    tenantId: TenantId,
    subscriber: Subscriber,
    before: readonly SigningSecret[],
    next: readonly SigningSecret[],
  ): Promise<'replaced' | 'lost'> {
    const key = `${tenantId}#${subscriber}`;
    const found = this.#rows.get(key) ?? [];
    if (!isSame(found, before)) return isSame(found, next) ? 'replaced' : 'lost';
    this.#rows.set(key, next);
    return 'replaced';
  }

  async remove(tenantId: TenantId, subscriber: Subscriber): Promise<void> {
    this.#rows.delete(`${tenantId}#${subscriber}`);
  }
}
