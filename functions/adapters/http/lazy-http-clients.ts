import type { HttpClients } from '../../core/http-client.ts';

/** Loads outgoing HTTP with the first request: executors whose tasks make none do without it. */
export function lazyHttpClients(outboundHosts: string): HttpClients {
  let clients: Promise<HttpClients> | undefined;
  const load = async (): Promise<HttpClients> => {
    const [{ tenantHttpClients }, { parseOutboundHosts }] = await Promise.all([
      import('./tenant-http-clients.ts'),
      import('./outbound-policy.ts'),
    ]);
    return tenantHttpClients(parseOutboundHosts(outboundHosts));
  };
  return {
    of: (tenantId) => ({
      request: async (url, request) => {
        clients ??= load();
        return (await clients).of(tenantId).request(url, request);
      },
    }),
  };
}
