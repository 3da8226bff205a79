import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { RESOURCE_CLASSES } from '../../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { deployedBy } from '../../../lib/config.ts';
import { ConfigError } from '../../../lib/config-error.ts';
import { readConfig } from '../../../lib/context.ts';

const read = (context: Record<string, unknown>) => readConfig(new App({ context }).node);

/** Some type asks for each of the classes. */
const TYPES = RESOURCE_CLASSES.map((resources) => ({ resources }));
const deployed = (context: object) => deployedBy(read({ preset: 'dev', ...context }), TYPES);

/** Returns what is said of classes that are wrong. */
function complaint(classes: object): string {
  try {
    read({ preset: 'dev', classes });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('a class of a team', () => {
  const reports = (settings: object) =>
    readConfig(new App({ context: { preset: 'dev', classes: { reports: settings } } }).node);

  test('is as `default` is, but for what is said of it', () => {
    const { classes } = reports({ memoryMb: 7076, timeoutSeconds: 890, concurrency: 4, ephemeralStorageMb: 1024 });
    expect(classes.reports).toEqual({
      ...RESOURCE_CLASS_SPECS.default,
      memoryMb: 7076,
      timeoutSeconds: 890,
      concurrency: 4,
      ephemeralStorageMb: 1024,
      functionTimeoutSeconds: 900,
      concurrencyPerInvocation: 4,
      // It has four vCPUs.
      threads: 4,
    });
  });

  test('is not made where no type asks for it, and neither is a standard one', () => {
    const { classes } = deployedBy(reports({}), [{ resources: 'reports' }]);
    expect(Object.keys(classes)).toEqual(['reports']);
  });

  test.each([
    [{ timeoutSeconds: 891 }, 'configuration classes.reports.timeoutSeconds is 891: must be at most 890'],
    [{ timeoutSeconds: 0 }, 'configuration classes.reports.timeoutSeconds is 0: must be at least 1'],
    [{ memoryMb: 64 }, 'configuration classes.reports.memoryMb is 64: must be at least 128'],
    [{ memoryMb: 10_241 }, 'configuration classes.reports.memoryMb is 10241: must be at most 10240'],
    [{ concurrency: 0 }, 'configuration classes.reports.concurrency is 0: must be at least 1'],
    [{ concurrency: 51 }, 'configuration classes.reports.concurrency is 51: must be at most 50'],
    [{ ephemeralStorageMb: 256 }, 'configuration classes.reports.ephemeralStorageMb is 256: must be at least 512'],
    [{ shards: 17 }, 'configuration classes.reports.shards is 17: must be at most 16'],
    [{ reserved: 9, lanes: { high: 2 } }, 'configuration classes.reports.reserved is 9: must be at least 10'],
  ])('cannot have %j', (settings, told) => {
    expect(() => reports(settings)).toThrow(new ConfigError(told));
  });

  test.each(['Reports', '2d', 'a'.repeat(21), 'a_b', 'projector'])('cannot be called %s', (name) => {
    expect(complaint({ [name]: {} })).toBe(
      `a class cannot be called ${name}: its name must be up to 20 lower-case letters, digits and hyphens, and not projector`,
    );
  });
});

test('takes settings of classes by their older spellings, too', () => {
  const older = read({ preset: 'dev', shards: { default: 2 }, concurrency: { default: { reserved: 30 } } });
  expect(older).toEqual(read({ preset: 'dev', classes: { default: { shards: 2, reserved: 30 } } }));
});

describe('the shards of all classes together', () => {
  test('are 16 at most, which is what a stack has room for', () => {
    const most = { default: 6, 'io-intensive': 4, 'cpu-intensive': 3, 'memory-intensive': 3 };
    expect(Object.values(deployed({ shards: most }).classes).map(({ shards }) => shards)).toEqual([6, 4, 3, 3]);
    expect(() => deployed({ shards: { ...most, default: 7 } })).toThrow(
      'shards are 17 in all (default 7, io-intensive 4, cpu-intensive 3, memory-intensive 3), which is more than ' +
        'CloudFormation has room for in a stack: lower them to 16 together',
    );
  });
});
