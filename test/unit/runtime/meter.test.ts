import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../../functions/contract.ts';
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
    meter.record('default/high/0', 'succeeded', 1);
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
              { Name: 'TasksSucceeded', Unit: 'Count' },
            ],
          },
        ],
      },
      ...{ service: 'millrace-test', ResourceClass: 'default', Lane: 'high' },
      WaitTime: [12, 0, 12],
      TasksSucceeded: 1,
    });
  });

  it('writes a line for each lane, the shards of one together', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'accepted', 1);
    meter.record('io-intensive/batch/3', 'accepted', 1);
    meter.record('default/high/1', 'accepted', 1);
    expect(flushed(meter)).toMatchObject([
      { ResourceClass: 'default', Lane: 'high', TasksAccepted: [1, 1] },
      { ResourceClass: 'io-intensive', Lane: 'batch', TasksAccepted: 1 },
    ]);
  });

  it('carries nothing over to the next flush', () => {
    const meter = new EmfMeter();
    meter.record('default/high/0', 'accepted', 1);
    meter.record('default/low/0', 'failed', 1);
    flushed(meter);
    expect(flushed(meter)).toEqual([]);
    meter.record('default/high/0', 'wait', 7);
    const [line, ...more] = flushed(meter);
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      ...{ service: 'millrace-test', ResourceClass: 'default', Lane: 'high' },
      WaitTime: 7,
    });
    expect(line).not.toHaveProperty('TasksAccepted');
  });

  it('loses nothing of an invocation with more values than one line takes', () => {
    const meter = new EmfMeter();
    const values = Array.from({ length: 250 }, (_, index) => index);
    const lines = writtenLines(() => {
      for (const value of values) meter.record('default/high/0', 'execution', value);
      meter.flush();
    });
    expect(lines.flatMap(({ ExecutionTime }) => ExecutionTime)).toEqual(values);
    for (const { ExecutionTime } of lines) expect((ExecutionTime as number[]).length).toBeLessThanOrEqual(100);
  });

  it.each(Object.entries(METRICS))('records %s under the name and unit of the contract', (metric, { name, unit }) => {
    const meter = new EmfMeter();
    meter.record('cpu-intensive/normal/0', metric as keyof typeof METRICS, 5);
    const [line] = flushed(meter);
    expect(line).toMatchObject({ [name]: 5, _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: name, Unit: unit }] }] } });
  });
});
