import { statfs } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { logFieldsOf, loggable, lookedAtRarely, measureUsage } from '../../../functions/executor/telemetry.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { greet, invoke, submit } from '../../doubles/executor-world.ts';
import { taskSeed } from '../../doubles/task-seed.ts';
import { createWorld } from '../../doubles/world.ts';

const idle = { userCPUTime: 1_000_000, systemCPUTime: 500_000, maxRSS: 100_000, fsRead: 40, fsWrite: 8 };

it('looks at what changes slowly once a second', async () => {
  const looks = [10, 20, 30];
  let now = 0;
  const look = lookedAtRarely(
    async () => looks.shift(),
    () => now,
  );
  const seen: unknown[] = [];
  for (now of [0, 400, 999, 1_000, 1_500, 5_000]) seen.push(await look());
  expect(seen).toEqual([10, 10, 10, 20, 20, 30]);
});

it('records what an invocation took of its machine, and what that is of what its class has', async () => {
  const { ports, recorded } = createWorld();
  const usages = [idle, { userCPUTime: 1_030_000, systemCPUTime: 502_500, maxRSS: 131_072, fsRead: 43, fsWrite: 18 }];
  const times = [1000, 1449.1];
  const record = measureUsage('default', RESOURCE_CLASS_SPECS.default, ports, {
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
  const record = measureUsage('cpu-intensive', RESOURCE_CLASS_SPECS['cpu-intensive'], ports, {
    usage: () => usages.shift() ?? idle,
    milliseconds: () => times.shift() ?? 0,
    temporaryStorage: async () => ({ blocks: 1, bavail: 1 }),
  });
  await record();
  expect(recorded).toContainEqual({ of: 'cpu-intensive', metric: 'cpuUtilization', value: 100 });
});

it.each([
  ['cannot be looked at', () => statfs('/tmp/folder-that-a-handler-has-removed'), 'ENOENT'],
  // Those of some containers and of FUSE say so.
  ['has no blocks', async () => ({ blocks: 0, bavail: 0 }), 'a file system of 0 blocks'],
])('says so where the disk %s, and records the rest', async (_, temporaryStorage, reason) => {
  const { ports, recorded, logged } = createWorld();
  let now = 0;
  const record = measureUsage('default', RESOURCE_CLASS_SPECS.default, ports, {
    usage: () => idle,
    milliseconds: () => now++,
    temporaryStorage,
  });
  await record();
  expect(recorded.map(({ metric }) => metric)).toEqual(['cpu', 'cpuUtilization', 'memory', 'fileReads', 'fileWrites']);
  expect(logged).toMatchObject([{ event: 'temporary storage not measured', reason: expect.stringContaining(reason) }]);
});

it('measures this process and this machine', async () => {
  const { ports, recorded } = createWorld();
  const record = measureUsage('memory-intensive', RESOURCE_CLASS_SPECS['memory-intensive'], ports);
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

const TRACE_ID = '1-6b04c28d-e8be8acc27b5c47405b6f5a2';
const traceHeader = `Root=${TRACE_ID};Parent=53995c3f42cd8ad8;Sampled=1`;

it('leads from a line to its task and its trace, sampled or not', () => {
  const seed = taskSeed();
  expect(logFieldsOf({ ...seed, traceHeader })).toEqual({ task_id: seed.id, task_type: seed.type, trace_id: TRACE_ID });
  expect(logFieldsOf({ ...seed, traceHeader: `Root=${TRACE_ID};Sampled=0`, attempt: 2 })).toMatchObject({
    attempt: 2,
    trace_id: TRACE_ID,
  });
});

it('is on every line about an attempt, whether it ends well, fails, or says something itself', async () => {
  let calls = 0;
  const world = createWorld([
    greet(async (_input, ctx) => {
      ctx.log('called');
      if (++calls === 1) throw new Error('not yet');
      return {};
    }),
  ]);
  const seed = await submit(world, { ...taskSeed(), traceHeader });
  await invoke(world);
  world.advance(900);
  await invoke(world);
  expect(world.logged.map(({ event, attempt }) => [event, attempt])).toEqual([
    ['called', 1],
    ['handler threw', 1],
    ['attempt failed', 1],
    ['called', 2],
    ['attempt ended', 2],
  ]);
  for (const line of world.logged) expect(line).toMatchObject({ task_id: seed.id, trace_id: TRACE_ID });
});

const bad = () => {
  throw new Error('gotcha');
};

it.each([
  ['text', 'text'],
  [7n, '7'],
  [null, 'null'],
  [Symbol('s'), 'Symbol(s)'],
  [{ a: 1n }, '{"a":"[a bigint]"}'],
  [() => {}, '"[a function]"'],
  [new Proxy(() => {}, { get: bad }), '"[a function]"'],
  [new Proxy({}, { get: bad, getPrototypeOf: bad, ownKeys: bad }), '"[something that cannot be read]"'],
])('a line is written whatever its message is', (message, text) => {
  expect(loggable(message)).toEqual([text]);
});
