import { describe, expect, test } from 'vitest';
import { localContext, shippedContext } from '../../../local/context.ts';

const loopback = ['localhost', '127.0.0.1'];

describe('the context of a local deployment', () => {
  test('is that of cdk.json but for the preset and the loopback, and says so', async () => {
    expect(localContext(await shippedContext(), {}, loopback)).toEqual({
      context: { preset: 'dev', scheduleTenant: 'local', outboundHosts: '*,localhost,127.0.0.1' },
      differences: [
        'The preset is dev instead of prod; `-c preset=prod` takes that.',
        'Beside outboundHosts, tasks may call localhost and 127.0.0.1.',
      ],
    });
  });

  test.each([['api.example.com, *.example.org'], [['api.example.com', '*.example.org']]])(
    'keeps to the hosts of cdk.json, given as %j',
    (outboundHosts) => {
      const { context } = localContext({ preset: 'dev', outboundHosts }, {}, loopback);
      expect(context.outboundHosts?.split(/, */)).toEqual(['api.example.com', '*.example.org', ...loopback]);
    },
  );

  test('takes what is given over what cdk.json says', () => {
    const shipped = {
      name: 'acme',
      preset: 'dev',
      scheduleTenant: 'acme',
      outboundHosts: ['a.example.com'],
      indexShards: 4,
    };
    const given = { preset: 'prod', outboundHosts: 'b.example.com', name: 'other', taskEvents: 'false' };
    expect(localContext(shipped, given, loopback)).toEqual({
      context: { ...given, scheduleTenant: 'acme', outboundHosts: 'b.example.com,localhost,127.0.0.1' },
      differences: ['Beside outboundHosts, tasks may call localhost and 127.0.0.1.'],
    });
  });

  test('allows nothing but the loopback to production without hosts', () => {
    expect(localContext({}, { preset: 'prod' }, loopback).context.outboundHosts).toBe('localhost,127.0.0.1');
    expect(localContext({}, { preset: 'prod', outboundHosts: '' }, loopback).context.outboundHosts).toBe(
      'localhost,127.0.0.1',
    );
  });

  test('elsewhere differs in nothing but the preset', () => {
    expect(localContext({ preset: 'prod', outboundHosts: ['a.example.com'] }, { tracing: 'false' }, [])).toEqual({
      context: { preset: 'dev', tracing: 'false' },
      differences: ['The preset is dev instead of prod; `-c preset=prod` takes that.'],
    });
  });

  test('leaves hosts that are none to the synth, which says what is wrong', () => {
    expect(() => localContext({ outboundHosts: 5 }, {}, loopback)).not.toThrow();
  });
});
