import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { deployedBy } from '../../../lib/config.ts';
import { readConfig } from '../../../lib/context.ts';

const read = (context: Record<string, unknown>) => deployedBy(readConfig(new App({ context }).node), []);

describe('what the API takes', () => {
  test.each([
    [{ throttle: { rate: 0 } }, 'configuration throttle.rate is 0'],
    [{ throttle: { rate: 5, bursts: 5 } }, 'unknown configuration throttle.bursts'],
    [{ accessLogs: 'sometimes' }, 'configuration accessLogs is "sometimes"'],
    [{ waiters: -1 }, 'configuration waiters is -1: must be at least 0'],
    [{ waiters: 851 }, 'configuration waiters is 851: must be at most 850'],
    [{ waiters: 1.5 }, 'configuration waiters is 1.5'],
    [{ apiConcurrency: { console: 5 } }, 'unknown configuration apiConcurrency.console'],
    [{ corsOrigins: ['https://a.b', 'https://a.b/'] }, 'corsOrigins.1 is "https://a.b/": must be an origin such as'],
    [{ apiConcurrency: { router: 9 } }, 'provisioned.max is 10, but apiConcurrency.router is 9'],
  ])('is not %j', (given, told) => {
    expect(() => read({ preset: 'prod', ...given })).toThrow(told);
  });

  test('is as -c says', () => {
    const given = { throttle: '{"rate":50}', accessLogs: 'false', apiConcurrency: '{"router":20}' };
    const corsOrigins = 'https://a.example, http://localhost:5173';
    expect(read({ preset: 'prod', ...given, corsOrigins })).toMatchObject({
      corsOrigins: ['https://a.example', 'http://localhost:5173'],
      throttle: { rate: 50, burst: 1000 },
      accessLogs: false,
      apiConcurrency: { router: 20 },
    });
  });
});
