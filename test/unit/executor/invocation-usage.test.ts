import { expect, it } from 'vitest';
import { measureUsage } from '../../../functions/executor/telemetry.ts';
import { createWorld } from '../../doubles/world.ts';

const idle = { userCPUTime: 1_000_000, systemCPUTime: 500_000, maxRSS: 100_000, fsRead: 40, fsWrite: 8 };

it('records what an invocation took of its machine, and what that is of what its class has', async () => {
  const { ports, recorded } = createWorld();
  const usages = [idle, { userCPUTime: 1_030_000, systemCPUTime: 502_500, maxRSS: 131_072, fsRead: 43, fsWrite: 18 }];
  const times = [1000, 1449.1];
  const record = measureUsage('default', ports.meter, {
    usage: () => usages.shift() ?? idle,
    milliseconds: () => times.shift() ?? 0,
    temporaryStorage: async () => ({ blocks: 1000, bavail: 150 }),
  });
  expect(recorded).toEqual([]);
  await record();
  expect(recorded).toEqual([
    { of: 'default', metric: 'cpu', value: 32.5 },
    // In 449.1 ms, the 256 / 1,769 vCPU of the class give 65 ms of CPU.
    { of: 'default', metric: 'cpuUtilization', value: expect.closeTo(50, 1) },
    // The class has 256 MB, of which 128 are taken.
    { of: 'default', metric: 'memory', value: 50 },
    { of: 'default', metric: 'fileReads', value: 3 },
    { of: 'default', metric: 'fileWrites', value: 10 },
    { of: 'default', metric: 'temporaryStorage', value: 85 },
  ]);
});

it('takes all CPU of a class for a hundred per cent, on all of its threads', async () => {
  const { ports, recorded } = createWorld();
  const usages = [idle, { ...idle, userCPUTime: idle.userCPUTime + 2_000_000 }];
  const times = [0, 1000];
  const record = measureUsage('cpu-intensive', ports.meter, {
    usage: () => usages.shift() ?? idle,
    milliseconds: () => times.shift() ?? 0,
    temporaryStorage: async () => ({ blocks: 1, bavail: 1 }),
  });
  await record();
  expect(recorded).toContainEqual({ of: 'cpu-intensive', metric: 'cpuUtilization', value: 100 });
});

it('measures this process and this machine', async () => {
  const { ports, recorded } = createWorld();
  const record = measureUsage('memory-intensive', ports.meter);
  const until = performance.now() + 30;
  while (performance.now() < until);
  await record();
  const recordedOf = (name: string) => recorded.find(({ metric }) => metric === name)?.value ?? Number.NaN;
  expect(recordedOf('cpu')).toBeGreaterThan(5);
  // This is one thread of the 2.3 that the class has; a busy machine gives it less.
  expect(recordedOf('cpuUtilization')).toBeGreaterThan(1);
  expect(recordedOf('cpuUtilization')).toBeLessThan(300);
  expect(recordedOf('memory')).toBeGreaterThan(0.5);
  expect(recordedOf('memory')).toBeLessThan(100);
  expect(recordedOf('temporaryStorage')).toBeGreaterThanOrEqual(0);
  expect(recordedOf('temporaryStorage')).toBeLessThanOrEqual(100);
});
