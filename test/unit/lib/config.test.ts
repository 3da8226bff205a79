import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import cdk from '../../../cdk.json' with { type: 'json' };
import { parseOutboundHosts } from '../../../functions/adapters/http/outbound-policy.ts';
import { RESOURCE_CLASSES } from '../../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { DEFAULT_THRESHOLDS } from '../../../lib/alarm-thresholds.ts';
import { deployedBy } from '../../../lib/config.ts';
import { ConfigError } from '../../../lib/config-error.ts';
import { readConfig } from '../../../lib/context.ts';

/** Some type asks for each of the classes. */
const TYPES = RESOURCE_CLASSES.map((resources) => ({ resources }));
const read = (context: Record<string, unknown>) =>
  deployedBy(readConfig(new App({ context, outdir: 'cdk.out/test-config' }).node), TYPES);
const dev = (context: Record<string, unknown> = {}) => read({ preset: 'dev', ...context });

/** Returns what the deployer is told. */
function complaint(context: Record<string, unknown>): string {
  try {
    read(context);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}
const HOST_RULE = 'must be a host name, *.a.domain, an address or *';
const NAME_RULE = 'must be up to 31 lower-case letters, digits and hyphens';
describe('the configuration', () => {
  test('comes from a preset', () => {
    const both = {
      name: 'millrace',
      ...{ retentionDays: 14, auditRetentionDays: 365 },
      classes: RESOURCE_CLASS_SPECS,
      tableShards: 1,
      tableCapacity: 'onDemand',
      taskEvents: true,
      taskEventOutputs: false,
      corsOrigins: [],
      reservations: true,
      tracing: { share: 0.01 },
      alarms: DEFAULT_THRESHOLDS,
      lambdaInsights: false,
      throttle: { rate: 1000, burst: 1000 },
      apiConcurrency: {},
      bulkRatePerSecond: 200,
      scheduleTenant: 'schedules',
    };
    const kept = (is: boolean) => ({ retainData: is, deletionProtection: is, accessLogs: is, waiters: is ? 200 : 50 });
    expect(dev()).toEqual({
      ...both,
      preset: 'dev',
      outboundHosts: ['*'],
      logRetentionDays: 7,
      indexShards: 1,
      ...kept(false),
      provisioned: false,
      routineLogs: true,
    });
    expect(read({ preset: 'prod' })).toEqual({
      ...both,
      preset: 'prod',
      outboundHosts: [],
      logRetentionDays: 30,
      indexShards: 8,
      ...kept(true),
      provisioned: { min: 3, max: 10, utilization: 0.7 },
      routineLogs: false,
    });
  });

  test.each<[unknown, unknown]>([
    ['false', false],
    ['{"min":1,"max":5}', { min: 1, max: 5, utilization: 0.7 }],
  ])('provisions as -c provisioned=%s says', (given, provisioned) => {
    expect(read({ preset: 'prod', provisioned: given }).provisioned).toEqual(provisioned);
  });

  test.each<[unknown, string]>([
    [true, 'configuration provisioned is true: must be false, or {min, max, utilization}'],
    [{ min: 0 }, 'configuration provisioned'],
    [{ utilization: 1 }, 'configuration provisioned'],
    [{ min: 11 }, 'provisioned.min is 11, which is more than provisioned.max 10'],
    [{ max: 11 }, 'provisioned.max is 11, but classes.default.reserved is 10: lower the one or raise the other'],
  ])('cannot provision %j', (provisioned, told) => {
    expect(complaint({ preset: 'prod', provisioned })).toContain(told);
  });

  test.each<[unknown, unknown]>([
    ['true', { share: 0.01 }],
    ['{}', { share: 0.01 }],
    ['{"share":0.2}', { share: 0.2 }],
    [{ share: 0 }, { share: 0 }],
    ['false', false],
  ])('traces as -c tracing=%s says', (given, tracing) => {
    expect(dev({ tracing: given }).tracing).toEqual(tracing);
  });

  test('may have its objects as JSON, as -c hands them over', () => {
    expect(dev({ shards: '{"default":2}' }).classes.default?.shards).toBe(2);
    expect(complaint({ preset: 'dev', shards: '{"default":' })).toContain('configuration shards is "{');
  });

  test('that ships in cdk.json is valid, whatever the CDK puts beside it', () => {
    const ofTheCli = { 'aws:cdk:bundling-stacks': ['**'], '@aws-cdk/core:stackRelativeExports': true, 'cdk-nag': 1 };
    expect(read({ ...cdk.context, ...ofTheCli, preset: 'dev' })).toEqual(dev());
  });

  test.each([
    [{ name: 'acme-2' }, { name: 'acme-2' }],
    [{ retentionDays: '30' }, { retentionDays: 30 }],
    [{ logRetentionDays: '90' }, { logRetentionDays: 90 }],
    [{ indexShards: '4' }, { indexShards: 4 }],
    [{ retainData: 'true' }, { retainData: true }],
    [{ retainData: 'false' }, { retainData: false }],
    [{ outboundHosts: 'api.example.com, *.example.org' }, { outboundHosts: ['api.example.com', '*.example.org'] }],
    [{ outboundHosts: '' }, { outboundHosts: [] }],
  ])('takes text, as `cdk deploy -c` gives it: %o', (context, expected) => {
    expect(dev(context)).toEqual({ ...dev(), ...expected });
  });

  test.each([
    [{ retentionDays: 1, logRetentionDays: 365, indexShards: 64, retainData: true }],
    [{ outboundHosts: ['localhost', '10.0.0.7', '::1', '*'] }],
  ])('takes values, as cdk.json gives them: %o', (context) => {
    expect(dev(context)).toEqual({ ...dev(), ...context });
  });

  test('changes one lane of one class, and leaves the others', () => {
    const { classes } = dev({ concurrency: { default: { reserved: 30, lanes: { high: 20 } } } });
    const lanes = { high: 20, normal: 2, low: 2, batch: 2 };
    expect(classes).toEqual({ ...dev().classes, default: { ...dev().classes.default, reserved: 30, lanes } });
  });
});

describe('outbound hosts', () => {
  const accepts = (parse: () => unknown): boolean => {
    try {
      parse();
      return true;
    } catch {
      return false;
    }
  };

  const GOOD = [
    '*',
    'example.com',
    'EXAMPLE.com.',
    '*.example.com',
    '*.a.example.com',
    'localhost',
    'my_host',
    'bücher.de',
  ];
  const GOOD_ADDRESSES = ['10.0.0.1', '127.1', '0x7f.1', '::1', 'fd00::7', '::ffff:10.0.0.1', '[::1]'];
  const BAD = [
    'http://a.com',
    'a.com:443',
    'a.com/x',
    'a b',
    '*.',
    '**',
    'a.*',
    '*a.com',
    'user@a.com',
    'a#b',
    'a?b',
    'a%b',
  ];
  const BAD_ADDRESSES = [
    '999.1.1.1',
    '1.2.3.4.5',
    '*.10.0.0.1',
    ':::',
    '::1::',
    '*.0x7f',
    '*.::1',
    '*.[::1]',
    '[10.0.0.1]',
  ];

  test.each([
    ...[...GOOD, ...GOOD_ADDRESSES].map((entry) => ({ entry, good: true })),
    ...[...BAD, ...BAD_ADDRESSES].map((entry) => ({ entry, good: false })),
  ])('get the same answer at synth as at run time: $entry', ({ entry, good }) => {
    expect({
      synthText: accepts(() => dev({ outboundHosts: entry })),
      synthList: accepts(() => dev({ outboundHosts: [entry] })),
      runTime: accepts(() => parseOutboundHosts(entry)),
    }).toEqual({ synthText: good, synthList: good, runTime: good });
  });

  test.each(['', 'a.com,b.com', ' a.com'])('are one to an element of a list: "%s" is refused', (entry) => {
    expect(complaint({ preset: 'dev', outboundHosts: [entry] })).toContain(HOST_RULE);
  });

  test('leave room for the rest of the environment', () => {
    const of = (length: number) => [`${'a'.repeat(62)}.com`, 'b'.repeat(length - 67)];
    expect(dev({ outboundHosts: of(1000) }).outboundHosts.join(',')).toHaveLength(1000);
    const told = complaint({ preset: 'dev', outboundHosts: of(1001) });
    expect(told).toMatch(
      /^configuration outboundHosts is \["a{62}\.com","b+…: must be at most 1000 characters in all$/,
    );
    expect(told.length).toBeLessThan(300);
  });
});

describe('a wrong configuration is told in one sentence that names the value', () => {
  const PRESET_RULE =
    'write "preset": "prod" (data outlives its stack, and tasks call only hosts that are named), "preset": "dev" ' +
    '(neither of it) or "preset": "trial" ("dev" for an account of small limits) under "context" in cdk.json';
  const outOfTen = (given: number, asked: number) =>
    `classes.default.reserved is ${given}, but its lanes may ask for ${asked} together: raise it to ${asked} ` +
    'or lower the lanes, or messages will be throttled into the dead-letter queue';

  test.each([
    [{}, `preset is missing: ${PRESET_RULE}`],
    [{ preset: 'stage', name: 'A' }, `preset is "stage": ${PRESET_RULE}`],
    [{ preset: 'toString' }, `preset is "toString": ${PRESET_RULE}`],
  ])('%o', (context, told) => {
    expect(complaint(context)).toBe(`configuration ${told}`);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ name: 'Acme' }, `name is "Acme": ${NAME_RULE}`],
    [{ name: '2acme' }, `name is "2acme": ${NAME_RULE}`],
    [{ name: 'a'.repeat(32) }, `name is "${'a'.repeat(32)}": ${NAME_RULE}`],
    [{ name: 7 }, 'name is 7: must be a string, not a number'],
    [{ outboundHosts: 'good.com, b ad' }, `outboundHosts.1 is "b ad": ${HOST_RULE}`],
    [{ outboundHosts: ['https://good.com'] }, `outboundHosts.0 is "https://good.com": ${HOST_RULE}`],
    [{ outboundHosts: ['good.com', 7] }, 'outboundHosts.1 is 7: must be a string, not a number'],
    [{ outboundHosts: 5 }, 'outboundHosts is 5: must be a list, not a number'],
    [{ retentionDays: 'two' }, 'retentionDays is "two": must be a number, not a string'],
    [{ retentionDays: '' }, 'retentionDays is "": must be a number, not a string'],
    [{ retentionDays: true }, 'retentionDays is true: must be a number, not true'],
    [{ retentionDays: '1.5' }, 'retentionDays is 1.5: must be a whole number'],
    [{ retentionDays: '0' }, 'retentionDays is 0: must be at least 1'],
    [{ retentionDays: '366' }, 'retentionDays is 366: must be at most 365'],
    [{ logRetentionDays: '4' }, 'logRetentionDays is 4: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 180, 365'],
    [{ indexShards: '65' }, 'indexShards is 65: must be at most 64'],
    [{ retainData: 'yes' }, 'retainData is "yes": must be true or false, not a string'],
    [{ retainData: '1' }, 'retainData is 1: must be true or false, not a number'],
    [{ concurrency: 'ten' }, 'concurrency is "ten": must be an object with the names of classes'],
    [{ concurrency: null }, 'concurrency is null: must be an object with the names of classes'],
    [
      { concurrency: { default: { reserved: '20' } } },
      'classes.default.reserved is "20": must be a number, not a string',
    ],
    [{ tableShards: 0 }, 'tableShards is 0: must be at least 1'],
    [{ tableShards: '17' }, 'tableShards is 17: must be at most 16'],
    [{ shards: { default: 0 } }, 'classes.default.shards is 0: must be at least 1'],
    [{ taskEvents: 'yes' }, 'taskEvents is "yes": must be true or false, not a string'],
    [{ taskEvents: false, taskEventOutputs: true }, 'taskEventOutputs is true: must be false without taskEvents'],
    [{ jwt: { issuer: 'http://a.b', audience: ['x'] } }, 'jwt.issuer is "http://a.b": must be an https URL'],
    [{ jwt: { issuer: 'https://a.b', audience: [] } }, 'jwt.audience is []: must not be empty'],
    [{ concurrency: { default: { lanes: { high: 1 } } } }, 'classes.default.lanes.high is 1: must be at least 2'],
    [
      { concurrency: { default: { lanes: { high: 1001 } } } },
      'classes.default.lanes.high is 1001: must be at most 1000',
    ],
  ])('%o', (context, told) => {
    expect(complaint({ preset: 'dev', ...context })).toBe(`configuration ${told}`);
  });

  test.each<[Record<string, unknown>, string]>([
    [
      { concurrency: { default: { max: 9 } } },
      'classes.default.max; there is: memoryMb, ephemeralStorageMb, timeoutSeconds, concurrency, reserved, lanes, shards',
    ],
    [
      { concurrency: { default: { lanes: { urgent: 2 } } } },
      'classes.default.lanes.urgent; there is: high, normal, low, batch',
    ],
  ])('%o', (context, told) => {
    expect(complaint({ preset: 'dev', ...context })).toBe(`unknown configuration ${told}`);
  });

  test.each<[Record<string, unknown>, string]>([
    [{ reserved: 10, lanes: { high: 5 } }, outOfTen(10, 11)],
    [{ lanes: { low: 3 } }, outOfTen(10, 11)],
  ])('lanes that may ask for more than is reserved: %o', (concurrency, told) => {
    expect(complaint({ preset: 'dev', concurrency: { default: concurrency } })).toBe(told);
  });

  test('fewer executors than two for each of its five lanes, which may all have work', () => {
    const concurrency = { default: { reserved: 9, lanes: { high: 2 } } };
    expect(complaint({ preset: 'dev', concurrency })).toBe(
      'configuration classes.default.reserved is 9: must be at least 10',
    );
  });

  test('one for each, where several are wrong', () => {
    expect(complaint({ preset: 'dev', name: 'A', retentionDays: 0 }).split('\n')).toEqual([
      `configuration name is "A": ${NAME_RULE}`,
      'configuration retentionDays is 0: must be at least 1',
    ]);
  });
});
