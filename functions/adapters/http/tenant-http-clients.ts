import { LRUCache } from 'lru-cache';
import type { HttpClients } from '../../core/http-client.ts';
import type { OutboundPolicy } from './outbound-policy.ts';
import { keptAnswers, ResponseCache } from './response-cache.ts';
import { UndiciHttpClient } from './undici-http-client.ts';

/** A client that gives way to another ends what is under way, and its idle connections end by themselves. */
const MAX_TENANTS = 100;

/**
 * Makes a client for each tenant, with connections, circuits and kept answers of its own: no tenant waits for another's
 * requests, fails by their failures, or learns when they were made.
 */
export function tenantHttpClients(policy: OutboundPolicy): HttpClients {
  const answers = keptAnswers();
  const clients = new LRUCache<string, UndiciHttpClient>({
    max: MAX_TENANTS,
    memoMethod: (tenantId) => new UndiciHttpClient(policy, undefined, new ResponseCache(tenantId, answers)),
  });
  return { of: (tenantId) => clients.memo(tenantId) };
}
