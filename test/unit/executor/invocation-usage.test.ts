import { expect, it } from 'vitest';
import { measureUsage } from '../../../functions/executor/invocation-usage.ts';
import { createWorld } from '../../doubles/world.ts';

const idle = { userCPUTime: 1_000_000, systemCPUTime: 500_000, maxRSS: 100_000, fsRead: 40, fsWrite: 8 };

it('records what an invocation took, and how much memory there was at most', () => {
  const { ports, recorded } = createWorld();
  const usages = [idle, { userCPUTime: 1_030_000, systemCPUTime: 502_500, maxRSS: 131_072, fsRead: 43, fsWrite: 18 }];
  const record = measureUsage('default', ports.meter, () => usages.shift() ?? idle);
  expect(recorded).toEqual([]);
  record();
  expect(recorded).toEqual([
    { of: 'default', metric: 'cpu', value: 32.5 },
    // 128 MB of 256.
    { of: 'default', metric: 'memory', value: 50 },
    { of: 'default', metric: 'fileReads', value: 3 },
    { of: 'default', metric: 'fileWrites', value: 10 },
  ]);
});

it('measures this process', () => {
  const { ports, recorded } = createWorld();
  const record = measureUsage('memory-intensive', ports.meter);
  const until = performance.now() + 30;
  while (performance.now() < until);
  record();
  const recordedOf = (name: string) => recorded.find(({ metric }) => metric === name)?.value ?? Number.NaN;
  expect(recordedOf('cpu')).toBeGreaterThan(5);
  expect(recordedOf('memory')).toBeGreaterThan(0.5);
  expect(recordedOf('memory')).toBeLessThan(100);
});
