import { describe, expect, test, vi } from 'vitest';
import { ENV } from '../../../../functions/contract.ts';
import { newTask } from '../../../../functions/core/task/task.ts';
import { traceIdOf } from '../../../../functions/core/task/trace-header.ts';
import { claimed, settled } from '../../../../functions/core/task/transition.ts';
import { logAttempt, measureUsage } from '../../../../functions/executor/telemetry.ts';
import { recordMetrics } from '../../../../functions/projector/record-metrics.ts';
import { RESOURCE_CLASS_SPECS } from '../../../../functions/resource-classes.ts';
import { log } from '../../../../functions/runtime/log.ts';
import { EmfMeter } from '../../../../functions/runtime/meter.ts';
import { totalOf } from '../../../../lib/constructs/cost-lines.ts';
import { STREAM_PACES } from '../../../../lib/constructs/projector.ts';
import { COST_ASSUMPTIONS } from '../../../../planner/costs/cost-basis.ts';
import {
  NEW_TABLE_STREAM_SHARDS,
  streamBatches,
  taskCosts,
  tracesOf,
  type Usage,
} from '../../../../planner/costs/task-costs.ts';
import { deployConfig } from '../../../../planner/deployment.ts';
import { taskSeed } from '../../../doubles/task-seed.ts';

const config = deployConfig({});

/** Uses a million single tasks at so many a second, each an invocation of its own. */
const usageAt = (perSecond: number, beside: Partial<Usage> = {}): Usage => ({
  resourceClass: 'default',
  seconds: 1e6 / perSecond,
  tasks: 1e6,
  requests: 1e6,
  bulk: 1,
  sentBack: 0,
  invocations: 1e6,
  receives: 0,
  attemptSeconds: 0,
  busySeconds: 15_000,
  executors: 1,
  lanes: 1,
  tenants: 1,
  isShort: true,
  streamShards: NEW_TABLE_STREAM_SHARDS,
  ...beside,
});

test('tags of a task cost a write as it comes, and one as it goes, each', () => {
  const of = (tags?: number) =>
    taskCosts(usageAt(10, { tags }), config).platform.find(({ what }) => what.endsWith('of tags'));
  expect(of(2)).toMatchObject({ quantity: 4e6, dollars: expect.closeTo(2.5, 6) });
  expect([of(0), of()]).toEqual([undefined, undefined]);
});

describe('traces', () => {
  test.each([
    { perSecond: 1 / 60, share: 0.92 },
    { perSecond: 0.1, share: 0.67 },
    { perSecond: 1, share: 0.18 },
    { perSecond: 200, share: 0.0149 },
  ])('of $perSecond requests a second are $share of them', ({ perSecond, share }) => {
    expect(tracesOf(usageAt(perSecond), 0.01) / 1e6).toBeCloseTo(share, 2);
  });

  test('are no more for many executors, attempts or tasks of one submit', () => {
    const tracesAt = (beside: Partial<Usage>) => taskCosts(usageAt(10, beside), config).tracing[0]?.quantity;
    const beside = { executors: 5, invocations: 3e6, sentBack: 1e5 };
    expect(tracesAt(beside)).toBe(tracesAt({}));
    expect(tracesAt({ ...beside, requests: 1e4, bulk: 100 })).toBeLessThan(1e4);
  });

  test('of a million tasks at 200 a second cost eight cents at most', () => {
    const [line] = taskCosts(usageAt(200), config).tracing;
    expect(line?.dollars).toBeLessThanOrEqual(0.08);
    expect(line?.dollars).toBeGreaterThan(0.05);
  });

  test('are as many as the deployment asks for', () => {
    const shareAt = (tracing: string) =>
      (taskCosts(usageAt(1_000), deployConfig({ tracing })).tracing[0]?.quantity ?? 0) / 1e6;
    expect(shareAt('{"share":1}')).toBe(1);
    expect(shareAt('{"share":0.5}')).toBeCloseTo(0.5, 2);
    expect(shareAt('{"share":0}')).toBeCloseTo(0.004, 3);
    expect(shareAt('true')).toBe(shareAt('{"share":0.01}'));
    expect(shareAt('false')).toBe(0);
  });
});

describe('batches of a stream', () => {
  const batchesAt = (perSecond: number, pace: keyof typeof STREAM_PACES) =>
    streamBatches(
      { records: 3 * perSecond * 1000, moments: perSecond * 1000, seconds: 1000 },
      NEW_TABLE_STREAM_SHARDS,
      STREAM_PACES[pace],
    );

  test.each(['statistics', 'events'] as const)('of %s are one for each of few tasks', (pace) => {
    expect(batchesAt(0.01, pace)).toBeCloseTo(10, 0);
  });

  test('are one a window for each shard, and lane of it, where there are many', () => {
    expect(batchesAt(1_000, 'statistics')).toBeCloseTo(4_000, -2);
    expect(batchesAt(1_000, 'events')).toBeCloseTo(40_000, -4);
  });

  test('hold no more records than they may', () => {
    expect(batchesAt(10_000, 'statistics')).toBe((3 * 10_000 * 1000) / STREAM_PACES.statistics.batchSize);
    expect(batchesAt(10_000, 'events')).toBe((3 * 10_000 * 1000) / STREAM_PACES.events.batchSize);
  });
});

describe('what a million tasks cost', () => {
  test('is less, the faster they come', () => {
    const all = [0.1, 1, 10, 100, 1000].map((perSecond) =>
      Object.values(taskCosts(usageAt(perSecond), config)).reduce((sum, lines) => sum + totalOf(lines), 0),
    );
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    expect(new Set(all).size).toBe(all.length);
  });

  test('leaves the authorizer out where callers come with tokens', () => {
    const jwt = JSON.stringify({ issuer: 'https://issuer.example', audience: ['millrace'] });
    const namesOf = (one: typeof config) => taskCosts(usageAt(10), one).platform.map(({ what }) => what);
    expect(namesOf(config)).toContain('calls of the authorizer');
    expect(namesOf(deployConfig({ jwt }))).not.toContain('calls of the authorizer');
  });
});

describe('the lines of the log', () => {
  /** Counts the bytes of what is written, with what CloudWatch adds to each line. */
  const LINE_BYTES = 26;
  async function bytesOf(work: () => Promise<void>): Promise<number> {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'millrace');
    try {
      await work();
    } finally {
      write.mockRestore();
      vi.unstubAllEnvs();
    }
    return lines.reduce((sum, line) => sum + Buffer.byteLength(line.trimEnd()) + LINE_BYTES, 0);
  }

  /** Ten minutes of an environment that is called ten times a second: it is busy where a million tasks come. */
  const ROUNDS = 6_000;
  const APART_MILLISECONDS = 100;
  const meanOf = async (work: (meter: EmfMeter) => unknown) => {
    const bytes = await bytesOf(async () => {
      let now = 0;
      const meter = new EmfMeter(() => now);
      for (; now < ROUNDS * APART_MILLISECONDS; now += APART_MILLISECONDS) {
        await work(meter);
        meter.flush();
      }
    });
    return bytes / ROUNDS;
  };
  const called = (meter: EmfMeter, operation: string) => meter.record(operation, 'awsCall', 1.5 + Math.random());

  const task = {
    id: '01M859FY21NP7H6QB49KRATWQ0-0',
    type: 'markdown.render',
    attempt: 1,
    maxAttempts: 3,
    startedAt: 0,
    timeoutSeconds: 30,
  };
  const traceHeader = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0';
  const attempt = () => {
    logAttempt({ ...task, executorKey: 'default/normal/0', traceHeader } as never, { status: 'succeeded' } as never, {
      clock: () => 123,
      log,
    });
  };
  const invocation = (attempts: number) => async (meter: EmfMeter) => {
    const record = measureUsage('default', RESOURCE_CLASS_SPECS.default, { meter, log });
    for (let one = 0; one < attempts; one++) attempt();
    for (let call = 0; call < 2; call++) called(meter, 'DynamoDB.BatchExecuteStatement');
    await record();
  };

  /** A batch of the changes of so many tasks, each from its submit to its end. */
  const batchOf = (tasks: number) => (meter: EmfMeter) => {
    const queued = newTask(taskSeed({ createdAt: 0, timeoutSeconds: 30 }));
    const changes = Array.from({ length: tasks }, () => {
      const running = claimed(queued, { token: 'a' as never, expiresAt: 60_000 }, 50 + Math.round(500 * Math.random()));
      const finishedAt = running.startedAt + 5 + Math.round(500 * Math.random());
      const succeeded = settled(running, { status: 'succeeded', output: { inline: 1 }, finishedAt });
      const usage = { submittedTogether: 1, writeUnits: 1 };
      return [
        { id: '1', at: 0, before: undefined, after: queued, usage },
        { id: '2', at: 0, before: queued, after: running, usage },
        { id: '3', at: 0, before: running, after: succeeded, usage },
      ];
    });
    return recordMetrics(changes.flat(), { meter, settings: { get: async () => ({}) } });
  };

  const attemptBytes = async (routineLogs: string): Promise<number> => {
    vi.stubEnv(ENV.routineLogs, routineLogs);
    const ten = await meanOf(invocation(10));
    vi.stubEnv(ENV.routineLogs, routineLogs);
    return (ten - (await meanOf(invocation(1)))) / 9;
  };

  const { logBytes } = COST_ASSUMPTIONS;
  test.each([
    {
      name: 'a submit',
      assumed: logBytes.submit,
      written: () =>
        meanOf((meter) => {
          called(meter, 'DynamoDB.PutItem');
          called(meter, 'SQS.SendMessage');
        }),
    },
    { name: 'a batch of statistics', assumed: logBytes.batch, written: () => meanOf(batchOf(1)) },
    {
      name: 'a task in a batch of statistics',
      assumed: logBytes.task,
      written: async () => ((await meanOf(batchOf(50))) - (await meanOf(batchOf(1)))) / 49,
    },
    {
      name: 'an attempt that went well',
      assumed: logBytes.attemptLine,
      written: async () => (await attemptBytes('true')) - (await attemptBytes('false')),
    },
    {
      name: 'a request that went well',
      assumed: logBytes.requestLine,
      written: () =>
        bytesOf(async () => {
          const trace = { trace_id: traceIdOf(traceHeader) };
          log('info', 'request', { route: 'POST /api/tasks', status: 202, duration_ms: 12, ...trace });
        }),
    },
    {
      name: 'an invocation',
      assumed: logBytes.invocation,
      written: async () => (await meanOf(invocation(1))) - (await attemptBytes('true')),
    },
  ])('of $name are as long as is assumed', async ({ assumed, written }) => {
    const bytes = await written();
    expect(bytes).toBeLessThanOrEqual(assumed);
    expect(bytes).toBeGreaterThan(assumed * 0.85);
  });

  test('of AWS calls are one a minute, and some more in the first', () => {
    let now = 0;
    const meter = new EmfMeter(() => now);
    let lines = 0;
    const write = vi.spyOn(process.stdout, 'write').mockImplementation(() => ++lines > 0);
    for (; now < 600_000; now += 50) {
      called(meter, 'DynamoDB.PutItem');
      meter.flush();
    }
    write.mockRestore();
    // They come at 0, 1, 2, 4, 8, 16, 32 and 64 s.
    expect(lines).toBe(8 + 8);
  });
});
