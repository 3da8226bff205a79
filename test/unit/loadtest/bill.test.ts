import { describe, expect, test } from 'vitest';
import { LIST_PRICES } from '../../../lib/list-prices.ts';
import { type Bill, billOf } from '../../../loadtest/bill/bill.ts';
import { markdownOf } from '../../../loadtest/bill/report.ts';
import { usageBetween, type WireUsage } from '../../../loadtest/bill/usage.ts';
import { COST_ASSUMPTIONS } from '../../../planner/costs/cost-basis.ts';
import { REFERENCE_LOADS } from '../../../planner/costs/reference-loads.ts';
import { deployConfig } from '../../../planner/deployment.ts';

const TASKS = 1_000;
const SECONDS = 50;
/** At 20 a second, 1.4 environments of the router trace each five seconds' first and 1 %. */
const TRACES = 23;
const config = deployConfig({ preset: 'dev' });
const [tens, ones] = REFERENCE_LOADS;
if (tens === undefined || ones === undefined) throw new Error('there are no loads');

/** What the meter tells of a thousand single tasks in batches of ten that take what the planner says. */
const usage: WireUsage = {
  functions: {
    api: { 'API requests': TASKS },
    'millrace-router': {
      invocations: TASKS,
      'SQS requests of SendMessage': TASKS,
      'SQS fair requests': TASKS,
      'SQS requests of GetQueueAttributes': 10,
      'write units of millrace-data-Tasks0BA': 3 * TASKS,
      'read units': 10,
      'log bytes of request': TASKS * COST_ASSUMPTIONS.logBytes.requestLine,
      'log bytes of metrics': TASKS * COST_ASSUMPTIONS.logBytes.submit,
    },
    'millrace-executor-default-0': {
      invocations: TASKS / 10,
      'SQS requests of ChangeMessageVisibilityBatch': TASKS / 10,
      'write units of millrace-data-Tasks0BA': 2 * TASKS,
      'log bytes of attempt ended': TASKS * COST_ASSUMPTIONS.logBytes.attemptLine,
      'log bytes of metrics': (TASKS / 10) * COST_ASSUMPTIONS.logBytes.invocation,
    },
    'event sources': { 'SQS requests of ReceiveMessage': TASKS / 10, 'SQS requests of DeleteMessageBatch': TASKS / 10 },
    'millrace-governor': { invocations: 1, 'write units of millrace-data-Control42': 7 },
    'X-Ray': { traces: TRACES },
    others: { 'write units of millrace-data-Access99': 100 },
  },
  stored: {
    'millrace-data-Tasks0BA': { rows: TASKS, bytes: TASKS * COST_ASSUMPTIONS.storedBytesPerTask },
    'millrace-data-Statistics06': { rows: 1, bytes: 1e9 },
  },
};
const run = { tasks: TASKS, seconds: SECONDS, usage, cpu: { door: 0, worker: 0, projector: 0, control: 0, store: 0 } };

const lineOf = (bill: Bill, name: string) => bill.lines.find(({ what }) => what === name);
const changed = (name: string, counts: Readonly<Record<string, number>>) => ({
  ...run,
  usage: { ...usage, functions: { ...usage.functions, [name]: { ...usage.functions[name], ...counts } } },
});

describe('the bill of a run', () => {
  const bill = billOf(tens, run, config);

  test.each([
    'API requests',
    'SQS sends',
    'SQS receives, holds, deletes',
    'DynamoDB write units',
    'DynamoDB GB-months (14 days)',
    'log GB',
  ])('has %s as the planner has, where the functions take what it says', (what) => {
    expect(lineOf(bill, what)?.wire.quantity).toBeGreaterThan(0);
    expect(lineOf(bill, what)?.difference).toBeCloseTo(0, 6);
  });

  test('is of a million tasks, at list prices', () => {
    const writes = lineOf(bill, 'DynamoDB write units');
    expect(writes?.wire.quantity).toBe(5e6);
    expect(writes?.wire.dollars).toBeCloseTo(5 * LIST_PRICES.writeUnits, 9);
    expect(lineOf(bill, 'SQS sends')?.wire.dollars).toBeCloseTo(0.5, 9);
    expect(lineOf(bill, 'X-Ray traces')?.wire.quantity).toBeCloseTo(1_000 * TRACES, 6);
  });

  test('takes what the clock calls, what is measured with, and tables of others for no task’s', () => {
    const more = billOf(tens, changed('millrace-governor', { 'write units of millrace-data-Control42': 1e6 }), config);
    expect(more.totals.wire).toEqual(bill.totals.wire);
  });

  test('takes provisioned units at the price of an hour, of which 70 % are used', () => {
    const dearer = 5 * LIST_PRICES.writeUnits - (5e6 * LIST_PRICES.writeCapacityHour) / 3600 / 0.7;
    expect(dearer).toBeCloseTo(1.84, 2);
    expect(bill.totals.wire.onDemand - bill.totals.wire.provisioned).toBeCloseTo(dearer, 2);
  });

  test('takes a line to the rate of the price list as the planner does', () => {
    const writes = lineOf(bill, 'DynamoDB write units');
    expect(writes?.atReferenceRate.dollars).toBeCloseTo(writes?.wire.dollars ?? 0, 9);
    const traces = lineOf(bill, 'X-Ray traces');
    expect(traces?.atReferenceRate.dollars).toBeLessThan(traces?.wire.dollars ?? 0);
    expect(Math.abs(traces?.difference ?? 1)).toBeLessThan(0.05);
    expect(traces?.atReferenceRate.dollars).toBeCloseTo(0.07, 2);
  });
});

describe('a fault', () => {
  const faultsOf = (of: typeof run) => billOf(tens, of, config).faults;

  test('is a line that the planner has wrong, and a total that it has', () => {
    const wasteful = changed('millrace-router', { 'write units of millrace-data-Tasks0BA': 5 * TASKS });
    expect(faultsOf(wasteful)).toContainEqual(expect.stringMatching(/^the planner is −\d+\.\d % off in all$/));
    expect(faultsOf(wasteful)).toContain('the planner is −28.6 % off in DynamoDB write units');
    expect(faultsOf(run)).not.toContainEqual(expect.stringContaining('DynamoDB write units'));
  });

  test('is what was counted and is not planned', () => {
    const unplanned = changed('millrace-executor-default-0', { 'write units of millrace-data-Control42': 2 * TASKS });
    expect(faultsOf(unplanned)).toContainEqual(expect.stringContaining('off in DynamoDB write units of loads'));
  });

  test('is a price that is missed, and none that is kept', () => {
    const misses = (load: typeof tens) => billOf(load, run, config).faults.filter((fault) => fault.startsWith('$'));
    const dear = { ...tens, target: { onDemand: 1, provisioned: 20 } };
    expect(misses(dear)).toEqual([expect.stringContaining('with tables on demand, where it is to be at most $1.00')]);
    expect(misses({ ...tens, target: { onDemand: 20, provisioned: 20 } })).toEqual([]);
  });
});

test('usage between two readings leaves out what was before', () => {
  const before = {
    functions: { api: { 'API requests': 400 } },
    stored: { 'millrace-data-Tasks0BA': { rows: 1, bytes: 10 } },
  };
  const between = usageBetween(before, usage);
  expect(between.functions.api).toEqual({ 'API requests': TASKS - 400 });
  expect(between.stored['millrace-data-Tasks0BA']).toEqual({
    rows: TASKS - 1,
    bytes: TASKS * COST_ASSUMPTIONS.storedBytesPerTask - 10,
  });
  expect(between.functions['millrace-router']).toEqual(usage.functions['millrace-router']);
});

test('the report names each load, its prices, its faults and what functions called', () => {
  const machine = { date: '2026-11-28', commit: 'abc', cores: 2, cpu: 'cpu', memoryGib: 8, kernel: '6', node: 'v24' };
  const called = changed('millrace-router', { 'calls of SQS.SendMessage': TASKS });
  const text = markdownOf({
    machine,
    bills: [billOf({ ...tens, target: { onDemand: 1, provisioned: 1 } }, called, config)],
  });
  expect(text).toContain('## Single submits, full batches of ten');
  expect(text).toContain('SQS.SendMessage 1.000');
  expect(text).toMatch(/\| DynamoDB write units \| 5,000,000 \| \$3\.13 \| 5,000,000 \| \$3\.13 \| \+0\.0 % \|/);
  expect(text).toContain('**Not as it should be**: $');
});
