import { promises as dns, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressNotAllowed, type OutboundPolicy } from './outbound-policy.ts';

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

const systemResolve: Resolve = (hostname) => dns.lookup(hostname, { all: true });

/**
 * A lookup for `net.connect` that gives out only the addresses that the policy allows for the host. Fails with
 * `TaskFailure` `host_not_allowed` where there are none. It is not called for a host that is an address itself.
 */
export function checkedLookup(policy: OutboundPolicy, resolve: Resolve = systemResolve): LookupFunction {
  return (hostname, { all }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const allowed = addresses.filter(({ address }) => policy.allowsAddress(hostname, address));
        const [first] = allowed;
        if (first === undefined) callback(addressNotAllowed(hostname), []);
        else if (all) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}
