import { beforeEach, describe, expect, it } from 'vitest';
import { type GovernPorts, governLanes } from '../../../functions/control/govern-lanes.ts';
import { type LaneState, NO_LOAD } from '../../../functions/core/lane/lane.ts';
import { RESOURCE_CLASS_SPECS } from '../../../functions/resource-classes.ts';
import { MemoryLanes } from '../../doubles/memory-lanes.ts';

let lanes: MemoryLanes;
let now: number;
let logged: { event: string; [field: string]: unknown }[];
let recorded: [string, string, number][];
let ports: GovernPorts;
beforeEach(() => {
  lanes = new MemoryLanes();
  now = 1_000_000;
  logged = [];
  recorded = [];
  ports = {
    depths: lanes.depths,
    sources: lanes.sources,
    loads: lanes.loads,
    snapshot: lanes.snapshot,
    classes: { ...RESOURCE_CLASS_SPECS, default: { ...RESOURCE_CLASS_SPECS.default, shards: 2 } },
    clock: () => now,
    log: (_level, event, fields) => logged.push({ event, ...fields }),
    meter: { record: (of, metric, value) => recorded.push([of, metric, value]) },
  };
});

const period = () => {
  now += 60_000;
  return governLanes(ports);
};
const stateOf = async (key: string): Promise<LaneState | undefined> =>
  (await lanes.snapshot.read()).find(({ executorKey }) => executorKey === key);

describe('the governor', () => {
  it('writes nothing but its snapshot while nothing changes', async () => {
    await period();
    await period();
    expect(lanes.changes).toEqual([]);
    expect(await lanes.snapshot.read()).toHaveLength(5 * 5);
    expect(await stateOf('default/high/1')).toMatchObject({ at: now, depth: 0, maxConcurrency: 4, isAdmitting: true });
  });

  it('tells the tasks that wait, not the messages: of a lane in all its shards, of a class in the fullest', async () => {
    await lanes.loads.add('default/low/0', { ...NO_LOAD, tasks: 500, messages: 100 });
    await lanes.loads.add('default/low/1', { ...NO_LOAD, tasks: 100, messages: 100 });
    lanes.lane('default-low-0').depth = 1000;
    lanes.lane('default-low-1').depth = 3000;
    lanes.lane('default-high-0').depth = 20;
    await period();
    expect(recorded).toEqual([
      // A message of a lane of which nothing is known counts as a task.
      ['default/high', 'waiting', 20],
      ['default/low', 'waiting', 8000],
      ['default', 'waitingPerExecutor', 502],
    ]);
  });

  it('tells once that nothing waits any more, and then nothing: a metric costs while it is written', async () => {
    await period();
    expect(recorded).toEqual([]);
    lanes.lane('io-intensive-batch-0').depth = 7;
    await period();
    lanes.lane('io-intensive-batch-0').depth = 0;
    await period();
    await period();
    expect(recorded).toEqual([
      ['io-intensive/batch', 'waiting', 7],
      ['io-intensive', 'waitingPerExecutor', 0.7],
      ['io-intensive/batch', 'waiting', 0],
      ['io-intensive', 'waitingPerExecutor', 0],
    ]);
  });

  it('lowers first, then raises, in the class and shard alone whose lane has work', async () => {
    Object.assign(lanes.lane('default-low-1'), { depth: 3000 });
    await period();
    await period();
    expect(lanes.changes).toEqual([
      ['default-high-1', 2],
      ['default-low-1', 8],
      ['default-low-1', 10],
    ]);
    expect(await stateOf('default/low/1')).toMatchObject({ maxConcurrency: 10, demands: [150, 150] });
  });

  it('closes a lane whose wait is beyond its objective, and says for each how fast it is', async () => {
    await lanes.loads.add('default/high/0', {
      ...NO_LOAD,
      tasks: 100,
      messages: 100,
      invocations: 10,
      busyMilliseconds: 10_000,
    });
    Object.assign(lanes.lane('default-high-0'), { depth: 9000, inFlight: 40 });
    await period();
    expect(await stateOf('default/high/0')).toMatchObject({ isAdmitting: false, secondsPerInvocation: 1 });
    expect(await stateOf('default/low/0')).toMatchObject({ isAdmitting: false });
    expect(await stateOf('default/low/1')).toMatchObject({ isAdmitting: true });
  });

  it('knows that an executor of a batch lane takes more at a time', async () => {
    await lanes.loads.add('default/batch/0', {
      ...NO_LOAD,
      tasks: 100,
      messages: 100,
      invocations: 1,
      busyMilliseconds: 1_000,
    });
    // Eight executors do 800 tasks in a second, and all within ten minutes; ten tasks at a time would take twice as long.
    Object.assign(lanes.lane('default-batch-0'), { depth: 100_000, batchSize: 100 });
    await period();
    expect(await stateOf('default/batch/0')).toMatchObject({ batchSize: 100, isAdmitting: true });
  });

  it('goes on with the others where Lambda refuses a change, and tries again in the next run', async () => {
    const { setMaxConcurrency } = lanes.sources;
    lanes.sources.setMaxConcurrency = async (id, maxConcurrency) => {
      if (id === 'default-high-0') throw new Error('ResourceInUseException');
      await setMaxConcurrency(id, maxConcurrency);
    };
    Object.assign(lanes.lane('default-low-0'), { depth: 3000 });
    await period();
    expect(logged).toContainEqual(
      expect.objectContaining({ event: 'governor skipped lane: the next run tries again' }),
    );
    expect(await stateOf('default/high/0')).toMatchObject({ maxConcurrency: 4 });
    await period();
    expect(lanes.changes).toEqual([['default-low-0', 8]]);
    lanes.sources.setMaxConcurrency = setMaxConcurrency;
    await period();
    await period();
    expect(lanes.changes.slice(1)).toEqual([
      ['default-high-0', 2],
      ['default-low-0', 10],
    ]);
  });

  it('leaves alone an event source that is being changed', async () => {
    Object.assign(lanes.lane('default-low-0'), { depth: 3000, isSettled: false });
    await period();
    expect(lanes.changes).toEqual([['default-high-0', 2]]);
  });

  it('governs the other classes where one cannot be looked at, keeps what it knew of it, and fails in the end', async () => {
    await period();
    const { read } = lanes.depths;
    lanes.depths.read = async (name) => {
      if (name === 'default-low-0') throw new Error('throttled');
      return read(name);
    };
    Object.assign(lanes.lane('io-intensive-low-0'), { depth: 3000 });
    await expect(period()).rejects.toThrow('not governed: default/0');
    expect(await stateOf('default/high/0')).toMatchObject({ at: now - 60_000 });
    expect(await stateOf('io-intensive/low/0')).toMatchObject({ at: now, maxConcurrency: 8 });
  });
});
