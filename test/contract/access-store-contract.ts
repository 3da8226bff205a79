import { describe, expect, it } from 'vitest';
import type { TenantId } from '../../functions/core/task/ids.ts';
import {
  type AccessStore,
  accessKeyId,
  type GrantPlace,
  hashAccessKey,
  newAccessKey,
} from '../../functions/core/tenant/access-key.ts';
import { tenant } from '../doubles/task-seed.ts';

let count = 0;
const aTenant = (): TenantId => tenant(`access-${Date.now().toString(36)}-${++count}`);
const aHash = (): string => hashAccessKey(newAccessKey(crypto.getRandomValues(new Uint8Array(32))));

/** Tests what every access store has to do, whatever it is made of. */
export function accessStoreContract(name: string, makeStore: () => AccessStore): void {
  describe(`${name} as an access store`, () => {
    const store = makeStore();
    const put = async (tenantId: TenantId, createdAt = 1000, keyHash = aHash()): Promise<string> => {
      await store.put(keyHash, { tenantId, scopes: ['submit', 'read'], name: 'ci', createdAt });
      return keyHash;
    };

    it('finds a grant by the hash of its key, and none by another', async () => {
      const tenantId = aTenant();
      const keyHash = await put(tenantId);
      expect(await store.find(keyHash)).toMatchObject({ tenantId, name: 'ci', createdAt: 1000 });
      expect((await store.find(keyHash))?.scopes.toSorted()).toEqual(['read', 'submit']);
      expect(await store.find(aHash())).toBeUndefined();
    });

    it('keeps the limits of a grant', async () => {
      const [keyHash, limits] = [aHash(), { ratePerSecond: 5, maxOpenTasks: 100 }];
      const grant = { tenantId: aTenant(), scopes: ['submit' as const], name: 'ci', createdAt: 1000 };
      await store.put(keyHash, { ...grant, limits });
      expect(await store.find(keyHash)).toEqual({ ...grant, limits });
      await store.put(keyHash, grant);
      expect(await store.find(keyHash)).toEqual(grant);
    });

    it("lists a tenant's grants, the oldest first, by id and never by hash", async () => {
      const tenantId = aTenant();
      const [second, first] = [await put(tenantId, 2000), await put(tenantId, 1000)];
      await put(aTenant());
      const { grants, next } = await store.list(tenantId, 10);
      expect(grants.map(({ id }) => id)).toEqual([accessKeyId(first), accessKeyId(second)]);
      expect(JSON.stringify(grants)).not.toContain(first);
      expect(next).toBeUndefined();
    });

    it('lists any number of grants by pages, each once, also those that are of one moment', async () => {
      const tenantId = aTenant();
      const times = [1000, ...Array(6).fill(2000), 3000, 3000];
      const ids = await Promise.all(times.map(async (time) => accessKeyId(await put(tenantId, time))));
      const listed: string[] = [];
      let after: GrantPlace | undefined;
      for (let page = 0; page < 5; page++) {
        const { grants, next } = await store.list(tenantId, 2, after);
        expect(grants).toHaveLength(page < 4 ? 2 : 1);
        listed.push(...grants.map(({ id }) => id));
        after = next;
      }
      expect(after).toBeUndefined();
      expect(listed.toSorted()).toEqual(ids.toSorted());
      expect(listed[0]).toBe(ids[0]);
      expect((await store.list(tenantId, times.length)).next).toBeUndefined();
    });

    it('revokes one key and no other', async () => {
      const tenantId = aTenant();
      const [kept, revoked] = [await put(tenantId), await put(tenantId)];
      expect(await store.revoke(tenantId, accessKeyId(revoked))).toBe('revoked');
      expect(await store.find(revoked)).toBeUndefined();
      expect(await store.find(kept)).toBeDefined();
      expect(await store.revoke(tenantId, accessKeyId(revoked))).toBe('missing');
    });

    it("does not revoke another tenant's key", async () => {
      const keyHash = await put(aTenant());
      expect(await store.revoke(aTenant(), accessKeyId(keyHash))).toBe('missing');
      expect(await store.find(keyHash)).toBeDefined();
    });

    it('revokes nothing where it cannot tell which', async () => {
      const tenantId = aTenant();
      const keyHash = await put(tenantId);
      await put(tenantId, 1000, accessKeyId(keyHash) + aHash().slice(12));
      expect(await store.revoke(tenantId, accessKeyId(keyHash))).toBe('ambiguous');
      expect(await store.find(keyHash)).toBeDefined();
    });
  });
}
