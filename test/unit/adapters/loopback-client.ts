import { onTestFinished } from 'vitest';
import { parseOutboundHosts, type Resolve } from '../../../functions/adapters/http/outbound-policy.ts';
import { UndiciHttpClient } from '../../../functions/adapters/http/undici-http-client.ts';

/** Makes a client that may call `hosts`, until the test is finished. */
export function clientFor(hosts: string, resolve?: Resolve): UndiciHttpClient {
  const client = new UndiciHttpClient(parseOutboundHosts(hosts), resolve);
  onTestFinished(() => client.close());
  return client;
}

/** The signal of a request that is not aborted. */
export const never = new AbortController().signal;
