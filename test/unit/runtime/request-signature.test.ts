import { afterEach, describe, expect, it, vi } from 'vitest';
import { aws, isOfSdk, namesOf, type Seen, signatureOf, statement } from './templated-clients.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a call by a template', () => {
  it('is signed for its day, and by the credentials of the moment', async () => {
    vi.useFakeTimers({ now: new Date('2026-01-31T23:59:50Z'), toFake: ['Date'] });
    let secretAccessKey = '';
    let sessionToken: string | undefined;
    // The SDK asks again for what ends within minutes.
    const expiration = new Date(0);
    const credentials = async () => ({ accessKeyId: 'test', secretAccessKey, sessionToken, expiration });
    const { dynamo, seen, log } = await aws(() => ({ body: { Responses: [] } }), { credentials });
    const moments = [
      { day: '20260131', time: '2026-01-31T23:59:55Z', secret: 'a', token: undefined },
      { day: '20260201', time: '2026-02-01T00:00:05Z', secret: 'a', token: 'b' },
      { day: '20260201', time: '2026-02-01T09:00:00Z', secret: 'b', token: undefined },
      { day: '20260201', time: '2026-02-01T09:00:10Z', secret: 'c', token: 'c' },
    ];
    for (const { day, time, secret, token } of moments) {
      vi.setSystemTime(time);
      secretAccessKey = secret;
      sessionToken = token;
      await dynamo.send(statement({ S: 'a' }));
      const request = seen.at(-1) as Seen;
      expect(request.headers.authorization).toContain(`Credential=test/${day}/us-east-1/dynamodb/aws4_request`);
      expect(request.headers.authorization).toMatch(new RegExp(`Signature=${signatureOf(request, secret)}$`));
      expect(request.headers['x-amz-security-token']).toBe(token);
      expect(namesOf(request).includes('x-amz-security-token')).toBe(token !== undefined);
    }
    expect(seen.map(isOfSdk)).toEqual([true, false, false, false]);
    expect(log).not.toHaveBeenCalled();
  });

  it('is the SDK’s own where its endpoint has a path, which the signature would have to say', async () => {
    const { dynamo, seen } = await aws(() => ({ body: { Responses: [] } }), { path: '/dynamo' });
    for (const name of ['a', 'b']) await dynamo.send(statement({ S: name }));
    expect(seen.map(isOfSdk)).toEqual([true, true]);
  });
});
