import { promises as dns, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ENV } from '../../contract.ts';
import { TaskFailure } from '../../core/define-task.ts';

/** Which hosts the tasks of a deployment may call. */
export type OutboundPolicy = {
  /**
   * Throws `TaskFailure`: `invalid_url` for a URL that is not plain http or https, `host_not_allowed` for a host that
   * the deployment does not allow, or whose address, where the URL spells it out, is not public.
   */
  check(url: URL): void;
  /** Says whether a request to this allowed host may be sent to `address`, to which its name resolved. */
  allowsAddress(hostname: string, address: string): boolean;
};

type Subnet = readonly [prefix: string, bits: number];

/** IPv4 inside a network: RFC 1918, and RFC 6598, from which clouds give addresses too. */
const PRIVATE_IPV4: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
];

/** Where clouds answer for credentials and settings of their machines, beside 169.254.0.0/16 and fe80::/10. */
const METADATA: readonly Subnet[] = [
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['fd00:42::42', 128],
  ['fd00:ec2::', 32],
  ['fd20:ce::', 32],
];

/** IPv4 that is not public: IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast (RFC 5771). */
const SPECIAL_IPV4: readonly Subnet[] = [
  ...PRIVATE_IPV4,
  ...METADATA.filter(([prefix]) => isIP(prefix) === 4),
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/**
 * Inside 2000::/3 but not public: IANA IPv6 Special-Purpose Address Registry. Teredo (2001::/32) and 6to4 (2002::/16) embed
 * any IPv4.
 */
const SPECIAL_IPV6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

/** DNS64's well-known prefix (RFC 6052): the last 32 bits are the IPv4 address that is meant. */
const NAT64: Subnet = ['64:ff9b::', 96];

// IPv6 is refused unless known: only 2000::/3 is given out as global unicast (RFC 4291, section 2.4). A BlockList
// reads an IPv4-mapped address (::ffff:0:0/96) as the IPv4 address itself.
const routable = listOf([['0.0.0.0', 0], ['2000::', 3], NAT64]);
const special = listOf([...SPECIAL_IPV6, ...SPECIAL_IPV4, ...SPECIAL_IPV4.map(throughNat64)]);

/**
 * Whoever runs the DNS of a host that was named may point it into the network. Anything else that is not public is not for
 * it: this machine, what answers for its credentials, and what another machine translates into an address of its choice.
 */
const internal = listOf([['fc00::', 7], ...PRIVATE_IPV4, ...PRIVATE_IPV4.map(throughNat64)]);
const metadata = listOf([...METADATA, ...METADATA.filter(([prefix]) => isIP(prefix) === 4).map(throughNat64)]);

function listOf(subnets: readonly Subnet[]): BlockList {
  const list = new BlockList();
  for (const [prefix, bits] of subnets) list.addSubnet(prefix, bits, familyOf(prefix));
  return list;
}

function throughNat64([prefix, bits]: Subnet): Subnet {
  return [NAT64[0] + prefix, NAT64[1] + bits];
}

/**
 * Reads a comma-separated list of hosts. An entry is `*` (every public host), `example.com` (that host only),
 * `*.example.com` (its subdomains, not itself) or an IP address. Only a host that is named in full may have an address
 * of a private network, and only an address that is named, or `localhost`, may be any other that is not public. Throws an
 * error that names the entry where it is none of these.
 */
export function parseOutboundHosts(list: string): OutboundPolicy {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const everyHost = entries.includes('*');
  const domains = entries.filter((entry) => entry.startsWith('*.')).map((entry) => `.${domainOf(entry)}`);
  const named = new Set(
    entries.filter((entry) => entry !== '*' && !entry.startsWith('*.')).map((entry) => hostOfEntry(entry)),
  );

  const allowsAddress = (hostname: string, address: string): boolean => {
    const host = plain(hostname);
    return isPublic(address) || (named.has(host) && (spellsOut(host) || isInternal(address)));
  };
  return {
    allowsAddress,
    check(url) {
      const host = plain(url.hostname);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw new TaskFailure('invalid_url', `${url.protocol}// cannot be called, only http:// and https://`);
      }
      if (url.username !== '' || url.password !== '') {
        throw new TaskFailure('invalid_url', 'the URL carries credentials; send them in an Authorization header');
      }
      if (!everyHost && !named.has(host) && !domains.some((domain) => host.endsWith(domain))) {
        throw new TaskFailure('host_not_allowed', `${host} is not among the outboundHosts of this deployment`);
      }
      if (isIP(host) !== 0 && !allowsAddress(host, host)) throw addressNotAllowed(host);
    },
  };
}

/** Returns the failure of a request to an allowed host that has no allowed address. It names none: they may be internal. */
const addressNotAllowed = (hostname: string): TaskFailure =>
  new TaskFailure(
    'host_not_allowed',
    `${plain(hostname)} has no public address; hosts inside a network have to be named in full in outboundHosts`,
  );

function isPublic(address: string): boolean {
  const family = familyOf(address);
  return routable.check(address, family) && !special.check(address, family);
}

function isInternal(address: string): boolean {
  const family = familyOf(address);
  return internal.check(address, family) && !metadata.check(address, family);
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** Says whether the host itself says which address is meant. Any other name means what its DNS makes of it. */
const spellsOut = (host: string): boolean => isIP(host) !== 0 || host === 'localhost';

/** Returns a host as the policy compares it: `url.hostname` without an IPv6 address's brackets or a root's trailing dot. */
const plain = (hostname: string): string => hostname.replace(/^\[|\]$|\.$/g, '');

function domainOf(entry: string): string {
  const domain = hostOfEntry(entry, entry.slice('*.'.length));
  if (isIP(domain) !== 0) throw notAHost(entry);
  return domain;
}

/** Returns the host of an entry, in the spelling in which a URL's `hostname` will have it. */
function hostOfEntry(entry: string, text = entry): string {
  const host = isIP(text) === 6 ? `[${text}]` : text;
  // A scheme, port, path or wildcard inside an entry would otherwise be dropped or never match, without a word.
  if (/[/:@?#*\\\s]/.test(host.replace(/^\[.*\]$/, '')) || !URL.canParse(`http://${host}`)) throw notAHost(entry);
  return plain(new URL(`http://${host}`).hostname);
}

const notAHost = (entry: string): Error =>
  new Error(`${ENV.outboundHosts}: "${entry}" is no host; write *, example.com, *.example.com or an IP address`);

/** Finds all addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

const systemResolve: Resolve = (hostname) => dns.lookup(hostname, { all: true });

/**
 * Makes a lookup for `net.connect` that gives out only the addresses that the policy allows for the host. It fails with
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
