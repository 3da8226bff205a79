import { describe, expect, test } from 'vitest';
import { ENV, RESOURCE_CLASSES, type ResourceClass } from '../../functions/contract.ts';
import { RESOURCE_CLASS_SPECS } from '../../functions/resource-classes.ts';
import { queueArn, synthesize } from './synthesis.ts';

/** Each class has ten executors, and for each other lane the two that SQS takes at least. */
const RESERVED = 10 + 4 * 2;
const EXECUTORS: Record<ResourceClass, { memoryMb: number; ephemeralStorageMb: number }> = {
  default: { memoryMb: 256, ephemeralStorageMb: 512 },
  'io-intensive': { memoryMb: 512, ephemeralStorageMb: 2048 },
  'cpu-intensive': { memoryMb: 3538, ephemeralStorageMb: 512 },
  'memory-intensive': { memoryMb: 4096, ephemeralStorageMb: 512 },
};

/** Lambda gives a function no more seconds, and an HTTP API waits no longer for one. */
const LAMBDA_TIMEOUT_SECONDS = 900;
const HTTP_API_TIMEOUT_SECONDS = 30;

/** Some doors have several functions. */
const handlerOf = (functionName: string): string =>
  functionName.endsWith('-bulk-actions')
    ? 'bulkActions'
    : (/governor|sweeper|events/.exec(functionName)?.[0] ?? 'handler');

describe.each([await synthesize('dev'), await synthesize('prod')])(
  'the functions of $preset',
  ({ all, text, config }) => {
    const functions = all('AWS::Lambda::Function');
    const functionNamed = (name: string) =>
      functions.find(({ Properties }) => Properties.FunctionName === `millrace-${name}`);

    test('are four executors, the router, the waiter, the authorizer, the console, the clockwork and the readers of changes', () => {
      expect(functions.map(({ Properties }) => Properties.FunctionName).sort()).toEqual(
        [
          ...RESOURCE_CLASSES.map((name) => `millrace-executor-${name}-0`),
          'millrace-router',
          'millrace-waiter',
          'millrace-authorizer',
          'millrace-console',
          'millrace-governor',
          'millrace-sweeper',
          'millrace-bulk-actions',
          'millrace-projector',
          'millrace-events',
        ].sort(),
      );
    });

    test.each(functions.map(({ Properties, stack }) => ({ name: Properties.FunctionName, Properties, stack })))(
      '$name runs on Node 24 and arm64, with most of its memory as heap',
      ({ Properties, stack }) => {
        const { NODE_OPTIONS: options, ...environment } = Properties.Environment.Variables;
        expect(Properties).toMatchObject({
          Architectures: ['arm64'],
          Runtime: 'nodejs24.x',
          Handler: `index.${handlerOf(Properties.FunctionName)}`,
          LoggingConfig: { LogFormat: 'JSON' },
        });
        const heapShare = Number(/--max-old-space-size=(\d+)/.exec(options)?.[1]) / Properties.MemorySize;
        expect(heapShare).toBeGreaterThan(0.78);
        expect(heapShare).toBeLessThanOrEqual(0.8);
        expect(options).toContain('--max-http-header-size=16384');
        expect(environment.POWERTOOLS_SERVICE_NAME).toBe('millrace');
        const known = new Set<string>(['POWERTOOLS_SERVICE_NAME', 'AWS_XRAY_CONTEXT_MISSING', ...Object.values(ENV)]);
        expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
        for (const value of Object.values(environment)) expect(text(value, stack)).not.toContain('undefined');
      },
    );

    const isOfTasks = (name: string): boolean => /-(router|executor-.+)$/.test(name);

    test('send traces where somebody follows a task, and only there; Lambda itself traces none', () => {
      for (const { Properties } of functions) {
        const isFollowed = isOfTasks(Properties.FunctionName) || Properties.FunctionName === 'millrace-waiter';
        const share = isFollowed ? '0.01' : undefined;
        expect(Properties.Environment.Variables[ENV.tracedShare], Properties.FunctionName).toBe(share);
        expect(Properties.TracingConfig, Properties.FunctionName).toBeUndefined();
      }
    });

    test('may get what they sent themselves as often as a task needs it, where they send to themselves', () => {
      for (const { Properties } of functions) {
        const loop = Properties.FunctionName.includes('-executor-') ? 'Allow' : 'Terminate';
        expect(Properties.RecursiveLoop, Properties.FunctionName).toBe(loop);
      }
    });

    test('are called by an alias that is always there, where environments may be kept initialized', () => {
      const aliases = all('AWS::Lambda::Alias').map(({ Properties, stack }) => [
        text(Properties.FunctionName, stack),
        Properties.Name,
      ]);
      const expected = functions.map(({ Properties }) => Properties.FunctionName).filter(isOfTasks);
      expect(aliases.sort()).toEqual(expected.map((name) => [name, 'live']).sort());
    });

    test('write to log groups of their own, which forget', () => {
      const groups = all('AWS::Logs::LogGroup');
      const used = functions.map(({ Properties, stack }) => {
        const group = groups.find(
          ({ id, stack: home }) => id === Properties.LoggingConfig.LogGroup.Ref && home === stack,
        );
        expect(group?.Properties.LogGroupName).toBe(`/aws/lambda/${Properties.FunctionName}`);
        return group?.id;
      });
      expect(new Set(used).size).toBe(functions.length);
      const others = groups.filter(({ id }) => !used.includes(id)).map(({ Properties }) => Properties.LogGroupName);
      expect(others).toEqual(config.accessLogs ? [`/aws/vendedlogs/apigateway/${config.name}`] : []);
      for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(config.logRetentionDays);
    });

    test('end before those who wait for them do', () => {
      for (const { Properties } of functions) {
        expect(Properties.Timeout).toBeGreaterThan(0);
        expect(Properties.Timeout).toBeLessThanOrEqual(LAMBDA_TIMEOUT_SECONDS);
      }
      for (const door of ['router', 'waiter', 'authorizer', 'console']) {
        expect(functionNamed(door)?.Properties.Timeout, door).toBeLessThan(HTTP_API_TIMEOUT_SECONDS);
      }
    });

    test.each(RESOURCE_CLASSES)('the executor of %s has what its class was promised', (resourceClass) => {
      const { memoryMb, ephemeralStorageMb } = EXECUTORS[resourceClass];
      expect(functionNamed(`executor-${resourceClass}-0`)?.Properties).toMatchObject({
        MemorySize: memoryMb,
        EphemeralStorage: { Size: ephemeralStorageMb },
        Timeout: RESOURCE_CLASS_SPECS[resourceClass].functionTimeoutSeconds,
        ReservedConcurrentExecutions: RESERVED,
      });
    });

    test('let so many callers wait as are configured, and have room for reads beside them', () => {
      expect(functionNamed('waiter')?.Properties).toMatchObject({
        Environment: { Variables: { [ENV.waiters]: String(config.waiters) } },
        ReservedConcurrentExecutions: config.waiters + 50,
      });
      expect(config.waiters).toBe(config.preset === 'dev' ? 50 : 200);
    });

    test('find their tables, bucket and queues', () => {
      const environment = (name: string, variable: keyof typeof ENV) => {
        const found = functionNamed(name);
        return found && text(found.Properties.Environment.Variables[ENV[variable]], found.stack);
      };
      expect(environment('authorizer', 'accessTable')).toBe('Access');
      expect(environment('waiter', 'controlTable')).toBe('Control');
      expect(environment('governor', 'queueArnPrefix')).toBe(queueArn('millrace-'));
      for (const name of ['governor', 'executor-io-intensive-0']) {
        expect(environment(name, 'controlTable')).toBe('Control');
      }
      for (const name of ['router', 'waiter', 'executor-cpu-intensive-0']) {
        expect(environment(name, 'tasksTables')).toBe('Tasks');
        expect(environment(name, 'payloadBucket')).toBe('Payloads');
        expect(environment(name, 'queueUrlPrefix')).toBe('https://sqs.us-east-1.amazonaws.com/123456789012/millrace-');
        expect(environment(name, 'indexShards')).toBe(String(config.indexShards));
        expect(environment(name, 'retentionDays')).toBe('14');
      }
      expect(environment('executor-cpu-intensive-0', 'deadLetterQueueUrl')).toBe('millrace-cpu-intensive-dead-letters');
      expect(environment('executor-io-intensive-0', 'outboundHosts')).toBe(config.outboundHosts.join(','));
    });
  },
);
