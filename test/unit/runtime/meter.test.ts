import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRIC_DIMENSIONS, METRICS, METRICS_NAMESPACE, type MetricName } from '../../../functions/metrics.ts';
import { MAX_VALUES } from '../../../functions/runtime/emf.ts';
import { EmfMeter } from '../../../functions/runtime/meter.ts';
import { writtenLines } from './written-lines.ts';

beforeEach(() => {
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'millrace-test');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const flushed = (meter: EmfMeter) => writtenLines(() => meter.flush());

describe('EmfMeter', () => {
  it('writes nothing where nothing was recorded', () => {
    expect(flushed(new EmfMeter())).toEqual([]);
  });

  it('writes nothing before the flush', () => {
    const meter = new EmfMeter();
    expect(writtenLines(() => meter.record('default/high/0', 'accepted', 1))).toEqual([]);
  });

  it('writes one EMF line for a lane, with all values of a metric', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'wait', 12);
    meter.record('default/high/0', 'wait', 0);
    meter.record('default/high/0', 'wait', 12);
    meter.record('default/high/0', 'refused', 1);
    const [line, ...more] = flushed(meter);
    expect(more).toEqual([]);
    expect(line).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: METRICS_NAMESPACE,
            Dimensions: [['service', 'ResourceClass', 'Lane']],
            Metrics: [
              { Name: 'WaitTime', Unit: 'Milliseconds' },
              { Name: 'TasksRefused', Unit: 'Count' },
            ],
          },
        ],
      },
      service: 'millrace-test',
      ResourceClass: 'default',
      Lane: 'high',
      WaitTime: [12, 0, 12],
      TasksRefused: 1,
    });
  });

  it('writes a line for each lane, the shards of one together', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'wait', 1);
    meter.record('io-intensive/batch/3', 'wait', 2);
    meter.record('default/high/1', 'wait', 3);
    expect(flushed(meter)).toMatchObject([
      { ResourceClass: 'default', Lane: 'high', WaitTime: [1, 3] },
      { ResourceClass: 'io-intensive', Lane: 'batch', WaitTime: 2 },
    ]);
  });

  it('writes a line for each class, whatever the lanes', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'accepted', 1);
    meter.record('default', 'cpu', 12);
    meter.record('default/low/1', 'accepted', 1);
    const [line, ...more] = flushed(meter);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ ResourceClass: 'default', TasksAccepted: 2, CpuTime: 12 });
    expect(line).not.toHaveProperty('Lane');
  });

  it('writes what an executor tells of one task in one line, each metric by its own dimensions', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'wait', 12);
    meter.record('text.count', 'execution', 5);
    meter.record('default/high/0', 'failed', 1);
    meter.record('timeout', 'error', 1);
    const [line, ...more] = flushed(meter);
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      ResourceClass: 'default',
      Lane: 'high',
      TaskType: 'text.count',
      ErrorCode: 'timeout',
    });
    expect(line).toMatchObject({ WaitTime: 12, ExecutionTime: 5, TasksFailed: 1, Errors: 1 });
    expect(line?._aws).toMatchObject({
      CloudWatchMetrics: [
        { Dimensions: [['service', 'ResourceClass', 'Lane']], Metrics: [{ Name: 'WaitTime' }] },
        { Dimensions: [['service', 'TaskType']], Metrics: [{ Name: 'ExecutionTime' }] },
        { Dimensions: [['service', 'ResourceClass']], Metrics: [{ Name: 'TasksFailed' }] },
        { Dimensions: [['service', 'ErrorCode']], Metrics: [{ Name: 'Errors' }] },
      ],
    });
  });

  it('never gives a dimension two values in a line', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'wait', 1);
    meter.record('io-intensive', 'cpu', 2);
    meter.record('default/low/0', 'succeeded', 1);
    meter.record('io-intensive/low/0', 'wait', 3);
    expect(flushed(meter)).toMatchObject([
      { ResourceClass: 'default', Lane: 'high', WaitTime: 1, TasksSucceeded: 1 },
      { ResourceClass: 'io-intensive', Lane: 'low', WaitTime: 3, CpuTime: 2 },
    ]);
  });

  it('tells a thousand tasks of a bulk as one number', () => {
    const meter = new EmfMeter();
    for (let task = 0; task < 1_000; task++) meter.record('default/normal/0', 'accepted', 1);
    expect(flushed(meter)).toMatchObject([{ ResourceClass: 'default', TasksAccepted: 1_000 }]);
    meter.record('default/normal/0', 'accepted', 1);
    expect(flushed(meter)).toMatchObject([{ TasksAccepted: 1 }]);
  });

  it('counts codes of our own each, and all others as one', () => {
    const meter = new EmfMeter();
    for (const code of ['timeout', 'http_404', 'a code of a handler', 'timeout']) meter.record(code, 'error', 1);
    expect(flushed(meter)).toMatchObject([
      { ErrorCode: 'timeout', Errors: 2 },
      { ErrorCode: 'other', Errors: 2 },
    ]);
  });

  it('tells times of AWS calls at once, and then those of a minute together', () => {
    let now = 0;
    const meter = new EmfMeter(() => now);
    const called = (milliseconds: number): void => meter.record('DynamoDB.PutItem', 'awsCall', milliseconds);
    now = 70_000;
    called(1);
    expect(flushed(meter)).toMatchObject([{ Operation: 'DynamoDB.PutItem', AwsCallTime: 1 }]);
    called(2);
    now = 129_999;
    called(3);
    meter.record('default/high/0', 'wait', 7);
    expect(flushed(meter)).toMatchObject([{ WaitTime: 7 }]);
    now = 130_000;
    expect(flushed(meter)).toMatchObject([{ Operation: 'DynamoDB.PutItem', AwsCallTime: [2, 3] }]);
  });

  it('never keeps times of AWS calls for longer than an environment had lived before, nor for longer than a minute', () => {
    let now = 0;
    const meter = new EmfMeter(() => now);
    const toldAt: number[] = [];
    for (; now < 300_000; now += 100) {
      meter.record('DynamoDB.PutItem', 'awsCall', 1);
      if (flushed(meter).length > 0) toldAt.push(now / 1000);
    }
    expect(toldAt).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 124, 184, 244]);
  });

  it('tells what invocations take of their machine together: a sample of use, the sum of calls, the most that was taken', () => {
    let now = 0;
    const meter = new EmfMeter(() => now);
    const invocation = (cpu: number, reads: number, memory: number): void => {
      meter.record('default', 'cpu', cpu);
      meter.record('default', 'cpuUtilization', cpu / 10);
      meter.record('default', 'fileReads', reads);
      meter.record('default', 'fileWrites', reads);
      meter.record('default', 'memory', memory);
      meter.record('default', 'temporaryStorage', memory);
      meter.record('default/high/0', 'succeeded', 1);
    };
    invocation(10, 1, 40);
    const [first, ...none] = flushed(meter);
    expect(none).toEqual([]);
    expect(first).toMatchObject({ CpuTime: 10, FileSystemReads: 1, MemoryPeak: 40, TasksSucceeded: 1 });
    now = 300;
    invocation(20, 5, 90);
    const [second] = flushed(meter);
    expect(second).toMatchObject({ TasksSucceeded: 1 });
    for (const name of ['CpuTime', 'CpuUtilization', 'FileSystemReads', 'FileSystemWrites', 'MemoryPeak']) {
      expect(second).not.toHaveProperty(name);
    }
    now = 1_000;
    invocation(30, 7, 50);
    expect(flushed(meter)).toMatchObject([
      {
        ...{ CpuTime: [20, 30], CpuUtilization: [2, 3], FileSystemReads: 12, FileSystemWrites: 12 },
        ...{ MemoryPeak: 90, TemporaryStorage: 90, TasksSucceeded: 1 },
      },
    ]);
  });

  it('gathers the classes of an environment apart', () => {
    let now = 0;
    const meter = new EmfMeter(() => now);
    flushed(meter);
    meter.record('default', 'fileReads', 1);
    meter.record('io-intensive', 'fileReads', 2);
    now = 60_000;
    expect(flushed(meter)).toMatchObject([
      { ResourceClass: 'default', FileSystemReads: 1 },
      { ResourceClass: 'io-intensive', FileSystemReads: 2 },
    ]);
  });

  it('tells a fair sample of those that a line takes where there were more calls of AWS, in one line', () => {
    let now = 0;
    const meter = new EmfMeter(() => now);
    flushed(meter);
    for (let value = 0; value < 10_000; value++) meter.record('DynamoDB.PutItem', 'awsCall', value);
    now = 60_000;
    const [line, ...more] = flushed(meter);
    expect(more).toEqual([]);
    const values = line?.AwsCallTime as number[];
    expect(new Set(values).size).toBe(MAX_VALUES);
    // Half of them come from either half, with a standard deviation of five.
    expect(Math.abs(values.filter((value) => value < 5000).length - 50)).toBeLessThan(35);
    meter.record('DynamoDB.PutItem', 'awsCall', 7);
    now = 120_000;
    expect(flushed(meter)).toMatchObject([{ AwsCallTime: 7 }]);
  });

  it('carries nothing over to the next flush', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'refused', 1);
    meter.record('default/low/0', 'failed', 1);
    flushed(meter);
    expect(flushed(meter)).toEqual([]);
    meter.record('default/high/0', 'wait', 7);
    const [line, ...more] = flushed(meter);
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      service: 'millrace-test',
      ResourceClass: 'default',
      Lane: 'high',
      WaitTime: 7,
    });
    expect(line).not.toHaveProperty('TasksRefused');
  });

  it('loses nothing of an invocation with more values than one line takes', () => {
    const meter = new EmfMeter();
    const values = Array.from({ length: 250 }, (_, index) => index);
    const lines = writtenLines(() => {
      for (const value of values) meter.record('text.count', 'execution', value);
      meter.flush();
    });
    expect(lines.flatMap(({ ExecutionTime }) => ExecutionTime)).toEqual(values);
    for (const { ExecutionTime } of lines) expect((ExecutionTime as number[]).length).toBeLessThanOrEqual(100);
  });

  it.each(Object.entries(METRICS))('records %s as the contract has it', (metric, { name, unit, by }) => {
    const meter = new EmfMeter();
    meter.record('cpu-intensive/normal/0', metric as MetricName, 5);
    const [line] = flushed(meter);
    const Dimensions = [['service', ...METRIC_DIMENSIONS[by]]];
    const Metrics = [{ Name: name, Unit: unit }];
    expect(line).toMatchObject({ [name]: 5, _aws: { CloudWatchMetrics: [{ Dimensions, Metrics }] } });
  });
});
