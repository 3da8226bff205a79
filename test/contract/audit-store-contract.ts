import { describe, expect, it } from 'vitest';
import { type Act, type AuditQuery, type AuditStore, placeOf } from '../../functions/core/audit/audit.ts';
import { tenant } from '../doubles/task-seed.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2036, 5, 15, 12);

/** Tests what every keeper of the audit has to do. */
export function auditStoreContract(name: string, makeStore: () => AuditStore): void {
  describe(`${name} as a keeper of the audit`, () => {
    const store = makeStore();
    const tenantId = tenant(`audit-${Date.now().toString(36)}`);
    const act = (number: number, more: Partial<Act> = {}): Act => ({
      time: NOW - number * 6 * 3_600_000,
      actor: { kind: 'key', id: number % 2 === 0 ? 'aaaaaaaaaaaa' : 'bbbbbbbbbbbb' },
      action: number % 3 === 0 ? 'retryTask' : 'cancelTask',
      resource: `tasks/${number}`,
      outcome: 202,
      requestId: `request-${number}`,
      ...more,
    });
    const acts = Array.from({ length: 12 }, (_, number) => act(number));
    const asked: AuditQuery = { tenantId, from: NOW - 30 * DAY, to: NOW + 1, limit: 100 };
    const walk = async (query: Partial<AuditQuery>): Promise<Act[]> => {
      const found: Act[] = [];
      for (let after: string | undefined, pages = 0; pages < 50; pages++) {
        const page = await store.list({ ...asked, ...query, after });
        expect(page.acts.length).toBeLessThanOrEqual(query.limit ?? asked.limit);
        found.push(...page.acts);
        after = page.next;
        if (after === undefined) return found;
      }
      throw new Error('there is no end');
    };

    it('lists acts of several days, the latest first, each once, page by page', async () => {
      for (const one of [...acts, ...acts]) await store.record(tenantId, one);
      expect(await walk({})).toEqual(acts);
      expect(await walk({ limit: 1 })).toEqual(acts);
      expect(await walk({ limit: 5 })).toEqual(acts);
    });

    it('lists those of a time, of an actor and of a call', async () => {
      const [first, , third] = acts;
      expect(await walk({ from: NOW - 12 * 3_600_000, to: NOW })).toEqual(acts.slice(1, 3));
      expect(await walk({ from: third?.time ?? 0, to: first?.time ?? 0 })).toEqual(acts.slice(1, 3));
      expect(await walk({ actor: 'aaaaaaaaaaaa', limit: 2 })).toEqual(acts.filter((_, number) => number % 2 === 0));
      expect(await walk({ action: 'retryTask', limit: 3 })).toEqual(acts.filter((_, number) => number % 3 === 0));
      expect(await walk({ actor: 'nobody' })).toEqual([]);
    });

    it('keeps two acts of one moment apart, and tells of no other tenant', async () => {
      const other = tenant(`${tenantId}-b`);
      const both = [act(0, { requestId: 'b' }), act(0, { requestId: 'a', actor: { kind: 'token', id: 'a person' } })];
      for (const one of both) await store.record(other, one);
      expect((await store.list({ ...asked, tenantId: other })).acts).toEqual(both);
      expect((await store.list({ ...asked, tenantId: other, limit: 1 })).next).toBe(placeOf(both[0] as Act));
    });

    it('has nothing behind a place that is before what is asked for', async () => {
      const after = placeOf({ time: NOW - 3_600_000, requestId: 'before' });
      expect(await store.list({ ...asked, from: NOW - 1_800_000, after })).toEqual({ acts: [] });
    });

    it('comes to the end of years without an act in pages that are bounded', async () => {
      expect(await walk({ from: NOW - 500 * DAY, actor: 'bbbbbbbbbbbb' })).toHaveLength(6);
    });
  });
}
