import { describe, expect, test } from 'vitest';
import { parseOutboundHosts } from '../../../../functions/adapters/http/outbound-policy.ts';

/** Returns `allowed`, or the code of the refusal. */
function verdict(list: string, url: string): string {
  try {
    parseOutboundHosts(list).check(new URL(url));
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('the list', () => {
  test.each([
    'http://example.com',
    'example.com:443',
    'example.com/path',
    'a b',
    'exa*mple.com',
    '*.',
    '*.*.com',
    '**',
  ])('refuses the entry %j, by name', (entry) => {
    expect(() => parseOutboundHosts(`localhost,${entry}`)).toThrow(`MILLRACE_OUTBOUND_HOSTS: "${entry}" is no host`);
  });

  test('refuses subdomains of an address', () => {
    expect(() => parseOutboundHosts('*.0.0.1')).toThrow('"*.0.0.1" is no host');
  });

  test('allows nothing where it is empty', () => {
    expect(verdict('', 'https://example.com/')).toBe('host_not_allowed');
    expect(verdict(' , ', 'https://example.com/')).toBe('host_not_allowed');
  });
});

describe('a host', () => {
  test.each([
    ['example.com', 'https://example.com/', 'allowed'],
    ['example.com', 'http://EXAMPLE.com.:8080/a?b#c', 'allowed'],
    [' a.org , Example.com. ', 'https://example.com/', 'allowed'],
    ['bücher.example', 'https://xn--bcher-kva.example/', 'allowed'],
    ['example.com', 'https://sub.example.com/', 'host_not_allowed'],
    ['example.com', 'https://example.com.evil.org/', 'host_not_allowed'],
    ['example.com', 'https://notexample.com/', 'host_not_allowed'],
    ['example.com', 'https://evil.org/example.com', 'host_not_allowed'],
    ['example.com', 'https://evil.org\\@example.com/', 'host_not_allowed'],
    ['*.example.com', 'https://a.b.example.com/', 'allowed'],
    ['*.example.com', 'https://example.com/', 'host_not_allowed'],
    ['*.example.com', 'https://evilexample.com/', 'host_not_allowed'],
    ['*', 'https://example.com/', 'allowed'],
    ['*', 'https://8.8.8.8/', 'allowed'],
    ['*', 'https://[2606:4700::1111]/', 'allowed'],
    ['8.8.8.8', 'https://8.8.4.4/', 'host_not_allowed'],
  ])('by %j: %s is %s', (list, url, expected) => {
    expect(verdict(list, url)).toBe(expected);
  });
});

describe('a URL', () => {
  test.each(['ftp://example.com/', 'file:///etc/passwd', 'data:text/plain,x', 'javascript:1', 'ws://example.com/'])(
    '%s is refused: only http and https',
    (url) => expect(verdict('*,example.com', url)).toBe('invalid_url'),
  );

  test.each(['https://user@example.com/', 'https://:secret@example.com/', 'https://example.com@evil.org/'])(
    '%s is refused: it carries credentials',
    (url) => expect(verdict('*', url)).toBe('invalid_url'),
  );
});

const NOT_PUBLIC = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.9.9.9'],
  ...['169.254.169.254', '169.254.170.2', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1'],
  ...['192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.255'],
  ...[
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    '192.31.196.1',
    '192.52.193.1',
  ],
  ...['192.175.48.1', '64:ff9b::168.63.129.16', '::ffff:168.63.129.16', '::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
  ...['::ffff:0:a9fe:a9fe', '64:ff9b:1::7f00:1', '64:ff9b:1:7f00:0:100::', '2002:a9fe:a9fe::', '2002:808:808::'],
  ...['2001:0:7f00:1::', '2001:0:4136:e378:8000:63bf:80ff:fffe', '2001:10::1', '2001:20::1', '2620:4f:8000::1'],
  ...['fd20:ce::254', 'fd00:42::42', '::8.8.8.8', '4000::1', 'e000::1'],
  ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1', '64:ff9b::127.0.0.1'],
  ...['64:ff9b::a9fe:a9fe', '64:ff9b::c0a8:1', '64:ff9b:1::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::'],
  ...['3fff::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fec0::1', 'ff02::1', 'fe80::1%eth0'],
];
const PUBLIC = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
  ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0'],
  ...['198.17.255.255', '198.20.0.0', '223.255.255.255', '2600:1f18::1', '2606:4700::1111', '2a00:1450::1'],
  ...['::ffff:1.1.1.1', '64:ff9b::1.1.1.1'],
];

describe('an address', () => {
  const wildcards = parseOutboundHosts('*,*.example.com');

  test.each(NOT_PUBLIC)('%s is refused to a host that a wildcard allows', (address) => {
    expect(wildcards.allowsAddress('host.example.com', address)).toBe(false);
  });

  test.each(PUBLIC)('%s is allowed', (address) => {
    expect(wildcards.allowsAddress('host.example.com', address)).toBe(true);
  });

  test('that is not public is allowed to a host that is named in full, and to no other', () => {
    const policy = parseOutboundHosts('*,db.internal');
    expect(policy.allowsAddress('db.internal', '10.0.0.5')).toBe(true);
    expect(policy.allowsAddress('db.internal.', '10.0.0.5')).toBe(true);
    expect(policy.allowsAddress('other.internal', '10.0.0.5')).toBe(false);
    for (const address of [
      '64:ff9b::10.0.0.5',
      '::ffff:10.0.0.5',
      '100.64.0.1',
      '172.31.0.1',
      '192.168.0.1',
      'fd12::1',
    ]) {
      expect(policy.allowsAddress('db.internal', address), address).toBe(true);
    }
  });
});

describe('an address in a URL', () => {
  test.each([
    ...['127.0.0.1', '127.1', '0x7f.1', '0177.0.0.1', '2130706433', '127.0.0.1.', '①②⑦.0.0.1', '%31%32%37.0.0.1', '0'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:1]', '[64:ff9b::7f00:1]', '[fd00:ec2::254]'],
    ...['169.254.169.254', '10.0.0.1', '168.63.129.16', '[::ffff:0:127.0.0.1]', '[64:ff9b:1::1]', '[2002:7f00:1::]'],
  ])('http://%s/ is refused to a wildcard', (host) => {
    expect(verdict('*', `http://${host}/`)).toBe('host_not_allowed');
  });

  test.each([
    ['127.0.0.1', 'http://127.1:8080/'],
    ['127.0.0.1', 'http://127.0.0.1./'],
    ['::1', 'http://[0:0::1]/'],
    ['[::1]', 'http://[::1]:9000/'],
    ['0:0:0::1', 'http://[::1]/'],
    ['localhost,127.0.0.1', 'http://localhost:3000/'],
    ['168.63.129.16', 'http://168.63.129.16/'],
  ])('where %s is named in full, %s is allowed', (list, url) => {
    expect(verdict(list, url)).toBe('allowed');
  });

  test.each([
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '169.254.169.254',
    '169.254.170.2',
    'fe80::1',
    'fd00:ec2::254',
    '0.0.0.0',
    '64:ff9b::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::0.0.0.1',
    ...['::ffff:0:127.0.0.1', '::ffff:0:10.0.0.5', '64:ff9b:1::7f00:1', '64:ff9b:1::a00:5', '2002:7f00:1::'],
    ...['2002:a9fe:a9fe::', '2002:a00:5::', '2001:0:7f00:1::', '2001:0:a00:5::', '::127.0.0.1', '::10.0.0.5', '::'],
    ...['168.63.129.16', '::ffff:168.63.129.16', '64:ff9b::168.63.129.16', '100.100.100.200', '192.0.0.192'],
    ...['64:ff9b::100.100.100.200', 'fd20:ce::254', 'fd00:42::42', 'fec0::1', '100::1', '2001:db8::1', 'ff02::1'],
    ...['5f00::1', '3fff::1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1'],
    ...['255.255.255.255', 'fe80::1%eth0', '192.0.0.1', '192.88.99.1'],
  ])(
    "of the machine itself, its cloud or a translator (%s) is not allowed to a name, whatever that name's DNS says",
    (address) => {
      expect(parseOutboundHosts('db.internal').allowsAddress('db.internal', address)).toBe(false);
    },
  );

  test('is matched by no other address that is named', () => {
    expect(verdict('127.0.0.1', 'http://127.0.0.2/')).toBe('host_not_allowed');
    expect(verdict('localhost', 'http://127.0.0.1/')).toBe('host_not_allowed');
  });
});
