import { beforeEach, describe, expect, it } from 'vitest';
import { LoadReporter } from '../../../functions/executor/load-reporter.ts';
import { MemoryLaneLoads } from '../../doubles/memory-lanes.ts';

const HIGH = 'default/high/0';
const arrivals = (count: number, executorKey = HIGH) =>
  Array.from({ length: count }, () => ({ task: { executorKey } }));

let told: MemoryLaneLoads;
let logged: string[];
let cpu: number;
let reporter: LoadReporter;
beforeEach(() => {
  cpu = 100;
  told = new MemoryLaneLoads();
  logged = [];
  reporter = new LoadReporter(
    told,
    (_level, event) => logged.push(event),
    () => cpu,
  );
});

describe('the load of an executor', () => {
  it('is told once five seconds of work have come together', async () => {
    cpu = 500;
    reporter.record(arrivals(30), 10, 3000);
    await reporter.flush();
    expect(told.loads.size).toBe(0);
    cpu = 1250;
    reporter.record(arrivals(5), 5, 2000);
    await reporter.flush();
    await reporter.flush();
    const expected = { tasks: 35, messages: 15, invocations: 2, busyMilliseconds: 5000, cpuMilliseconds: 1150 };
    expect([...told.loads]).toEqual([[HIGH, expected]]);
  });

  it('is told lane by lane', async () => {
    reporter.record(arrivals(1), 1, 4000);
    reporter.record(arrivals(2, 'default/low/0'), 1, 5000);
    await reporter.flush();
    expect([...told.loads.keys()]).toEqual(['default/low/0']);
  });

  it('is nothing where no message could be read', async () => {
    reporter.record([], 10, 9000);
    await reporter.flush();
    expect(told.loads.size).toBe(0);
  });

  it('is the CPU of each lane by itself, and not what reading no message took', async () => {
    cpu = 400;
    reporter.record(arrivals(1), 1, 6000);
    cpu = 1000;
    reporter.record([], 10, 9000);
    cpu = 1007;
    reporter.record(arrivals(1, 'default/low/0'), 1, 6000);
    await reporter.flush();
    expect([...told.loads].map(([key, load]) => [key, load.cpuMilliseconds])).toEqual([
      [HIGH, 300],
      ['default/low/0', 7],
    ]);
  });

  it('is the CPU that this process takes, where nobody says otherwise', async () => {
    const real = new LoadReporter(told, () => {});
    const until = performance.now() + 60;
    while (performance.now() < until);
    real.record(arrivals(1), 1, 5000);
    await real.flush();
    expect(told.loads.get(HIGH)?.cpuMilliseconds).toBeGreaterThan(5);
  });

  it('is kept while it cannot be told', async () => {
    const add = told.add.bind(told);
    told.add = () => Promise.reject(new Error('throttled'));
    reporter.record(arrivals(1), 1, 5000);
    await reporter.flush();
    expect(logged).toEqual(['load report failed: it is sent later']);
    told.add = add;
    await reporter.flush();
    expect(told.loads.get(HIGH)).toMatchObject({ tasks: 1 });
  });

  it('keeps what is counted while it is being told', async () => {
    const add = told.add.bind(told);
    told.add = async (executorKey, load) => {
      reporter.record(arrivals(7), 2, 6000);
      reporter.record(arrivals(7, 'default/low/0'), 2, 6000);
      await add(executorKey, load);
    };
    reporter.record(arrivals(1), 1, 5000);
    reporter.record(arrivals(1, 'default/low/0'), 1, 5000);
    await reporter.flush();
    told.add = add;
    await reporter.flush();
    // Two flushes told something: one lane was recorded twice meanwhile, the other as often.
    expect([...told.loads.values()].map(({ tasks }) => tasks)).toEqual([15, 15]);
  });

  it('is told once where a flush begins while another is under way', async () => {
    reporter.record(arrivals(1), 1, 5000);
    await Promise.all([reporter.flush(), reporter.flush()]);
    await reporter.flush();
    expect(told.loads.get(HIGH)).toMatchObject({ tasks: 1, busyMilliseconds: 5000 });
  });
});
