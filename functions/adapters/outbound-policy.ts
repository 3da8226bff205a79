import { BlockList, isIP } from 'node:net';
import { ENV } from '../contract.ts';
import { TaskFailure } from '../core/define-task.ts';

/** Which hosts the tasks of a deployment may call. */
export type OutboundPolicy = {
  /**
   * Throws `TaskFailure`: `invalid_url` for a URL that is not plain http or https, `host_not_allowed` for a host that
   * the deployment does not allow, or whose address, where the URL spells it out, is not public.
   */
  check(url: URL): void;
  /** May a request to this allowed host be sent to `address`, which its name resolved to? */
  allowsAddress(hostname: string, address: string): boolean;
};

/** IPv4 that is not public: IANA IPv4 Special-Purpose Address Registry (RFC 6890), and multicast (RFC 5771). */
const SPECIAL_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;

/** Inside 2000::/3 but not public: IANA IPv6 Special-Purpose Address Registry. 2002::/16 (6to4) embeds any IPv4. */
const SPECIAL_IPV6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** DNS64's well-known prefix (RFC 6052): the last 32 bits are the IPv4 address that is meant. */
const NAT64 = ['64:ff9b::', 96] as const;

// IPv6 is refused unless known: only 2000::/3 is given out as global unicast (RFC 4291, section 2.4). A BlockList
// reads an IPv4-mapped address (::ffff:0:0/96) as the IPv4 address itself.
const routable = new BlockList();
routable.addSubnet('0.0.0.0', 0, 'ipv4');
routable.addSubnet('2000::', 3, 'ipv6');
routable.addSubnet(...NAT64, 'ipv6');

const special = new BlockList();
for (const [prefix, bits] of SPECIAL_IPV6) special.addSubnet(prefix, bits, 'ipv6');
for (const [prefix, bits] of SPECIAL_IPV4) {
  special.addSubnet(prefix, bits, 'ipv4');
  special.addSubnet(NAT64[0] + prefix, NAT64[1] + bits, 'ipv6');
}

/**
 * The function's own machine, and what answers there for its credentials: whoever runs the DNS of a host that was named
 * may point it into the network, but not here. fd00:ec2::/32 is where EC2 puts its services in IPv6.
 */
const ofThisMachine = new BlockList();
for (const [prefix, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const) {
  ofThisMachine.addSubnet(prefix, bits, 'ipv4');
  ofThisMachine.addSubnet(NAT64[0] + prefix, NAT64[1] + bits, 'ipv6');
}
for (const [prefix, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
] as const) {
  ofThisMachine.addSubnet(prefix, bits, 'ipv6');
}

/**
 * Reads a comma-separated list of hosts. An entry is `*` (every public host), `example.com` (that host only),
 * `*.example.com` (its subdomains, not itself) or an IP address. Only a host that is named in full may have an address
 * that is private, loopback or otherwise not public. Throws, naming the entry, where it is none of these.
 */
export function parseOutboundHosts(list: string): OutboundPolicy {
  const entries = list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const everyHost = entries.includes('*');
  const domains = entries.filter((entry) => entry.startsWith('*.')).map((entry) => `.${domainOf(entry)}`);
  const named = new Set(
    entries.filter((entry) => entry !== '*' && !entry.startsWith('*.')).map((entry) => hostOf(entry)),
  );

  const allowsAddress = (hostname: string, address: string): boolean => {
    const host = plain(hostname);
    return (
      isPublic(address) || (named.has(host) && (spellsOut(host) || !ofThisMachine.check(address, familyOf(address))))
    );
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

/** The failure of a request to an allowed host that has no allowed address. Names none: they may be internal. */
export const addressNotAllowed = (hostname: string): TaskFailure =>
  new TaskFailure(
    'host_not_allowed',
    `${plain(hostname)} has no public address; hosts inside a network have to be named in full in outboundHosts`,
  );

function isPublic(address: string): boolean {
  const family = familyOf(address);
  return routable.check(address, family) && !special.check(address, family);
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Does the host itself say which address is meant? Any other name means what its DNS makes of it. */
const spellsOut = (host: string): boolean => isIP(host) !== 0 || host === 'localhost';

/** A host as the policy compares it: `url.hostname` without an IPv6 address's brackets or a root's trailing dot. */
const plain = (hostname: string): string => hostname.replace(/^\[|\]$|\.$/g, '');

function domainOf(entry: string): string {
  const domain = hostOf(entry, entry.slice('*.'.length));
  if (isIP(domain) !== 0) throw notAHost(entry);
  return domain;
}

/** The host of an entry, in the spelling in which a URL's `hostname` will have it. */
function hostOf(entry: string, text = entry): string {
  const host = isIP(text) === 6 ? `[${text}]` : text;
  // A scheme, port, path or wildcard inside an entry would otherwise be dropped or never match, without a word.
  if (/[/:@?#*\\\s]/.test(host.replace(/^\[.*\]$/, '')) || !URL.canParse(`http://${host}`)) throw notAHost(entry);
  return plain(new URL(`http://${host}`).hostname);
}

const notAHost = (entry: string): Error =>
  new Error(`${ENV.outboundHosts}: "${entry}" is no host; write *, example.com, *.example.com or an IP address`);
