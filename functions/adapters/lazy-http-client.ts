import type { HttpClient } from '../core/http-client.ts';

/** Outgoing HTTP that is loaded by the first request: executors whose tasks make none do without it. */
export function lazyHttpClient(outboundHosts: string): HttpClient {
  let client: Promise<HttpClient> | undefined;
  const load = async (): Promise<HttpClient> => {
    const [{ UndiciHttpClient }, { parseOutboundHosts }] = await Promise.all([
      import('./undici-http-client.ts'),
      import('./outbound-policy.ts'),
    ]);
    return new UndiciHttpClient(parseOutboundHosts(outboundHosts));
  };
  return {
    request: async (url, request) => {
      client ??= load();
      return (await client).request(url, request);
    },
  };
}
