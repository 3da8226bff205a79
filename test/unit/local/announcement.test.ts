import { describe, expect, test } from 'vitest';
import { announcement, connectionTo } from '../../../local/announcement.ts';

const CLOUD = { apiKey: 'mr_key', awsEndpoint: 'http://127.0.0.1:4566', region: 'us-east-1', pid: 1 };
const shop = { name: 'shop', url: 'http://127.0.0.1:4566' };
const other = { name: 'team-own Other', url: 'http://127.0.0.1:4566/_aws/execute-api/b2' };

describe('a run', () => {
  test('tells a person of each Millrace: its console, its URL and its key', () => {
    const said = announcement(CLOUD, [shop, other], '{"type":"it\'s"}');
    for (const { name, url } of [shop, other]) {
      expect(said).toContain(
        `${name}\n  console        ${url}/console\n  API            ${url}\n  key            mr_key\n`,
      );
    }
    expect(said).toContain(`curl -sS ${shop.url}/api/tasks`);
    expect(said).toContain(`-d '{"type":"it'\\''s"}'`);
  });

  test('names no Millrace where there is one', () => {
    const said = announcement(CLOUD, [shop], '{}');
    expect(said).not.toContain('shop');
    expect(said).toContain('  key            mr_key\n  AWS endpoint ');
  });

  test('tells programs how to call the first, and each by its name; and credentials of no other cloud', () => {
    const called = { url: shop.url, apiKey: 'mr_key', consoleUrl: `${shop.url}/console` };
    expect(connectionTo(CLOUD, [shop, other])).toEqual({
      ...called,
      awsEndpoint: CLOUD.awsEndpoint,
      region: 'us-east-1',
      credentials: 'any',
      millraces: [
        { name: 'shop', ...called },
        { name: other.name, url: other.url, apiKey: 'mr_key', consoleUrl: `${other.url}/console` },
      ],
    });
    expect(connectionTo({ ...CLOUD, pid: undefined }, [shop])).toMatchObject({ credentials: 'environment' });
  });
});
