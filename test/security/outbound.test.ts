import { describe, expect, it } from 'vitest';
import { parseOutboundHosts } from '../../functions/adapters/http/outbound-policy.ts';

const everyPublicHost = parseOutboundHosts('*');

/** Returns whether a request to the URL could leave for this machine or its network, by its spelling alone. */
const isRefused = (url: string): boolean => {
  if (!URL.canParse(url)) return true;
  try {
    everyPublicHost.check(new URL(url));
    return false;
  } catch {
    return true;
  }
};

describe('a URL of what is not public', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0/',
    'http://127.0.0.1.:80/',
    'http://１２７.０.０.１/',
    'http://10.0.0.1/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://255.255.255.255/',
    'http://user:secret@example.com/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://example.com/',
    'data:text/plain,x',
    'javascript:1',
  ])('is refused: %s', (url) => expect(isRefused(url)).toBe(true));

  it.each(['https://example.com/', 'http://1.1.1.1/', 'https://[2606:4700::1111]/'])('is not %s', (url) =>
    expect(isRefused(url)).toBe(false),
  );

  it.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fd00::1'])(
    'is refused where a public name resolves to %s',
    (address) => expect(everyPublicHost.allowsAddress('rebinding.example', address)).toBe(false),
  );
});
