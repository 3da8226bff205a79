import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LANE_KINDS, RESOURCE_CLASSES } from '../../functions/contract.ts';
import { ERROR_CODES, METRIC_DIMENSIONS, METRICS, type MetricScope } from '../../functions/metrics.ts';
import { LIST_PRICES } from '../../lib/list-prices.ts';

const root = join(import.meta.dirname, '../..');
const costs = readFileSync(join(root, 'docs/costs.md'), 'utf8').replaceAll(/\s+/g, ' ');
const calls = globSync('functions/adapters/**/*.ts', { cwd: root })
  .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/new (\w+)Command\(/g)])
  .map(([, operation]) => operation);

/** Nobody times these calls of clients. */
const UNTIMED = ['Invoke', 'PutEvents', 'ListEventSourceMappings', 'UpdateEventSourceMapping'];

/** These doors count errors. */
const DOORS = ['control', 'executor', 'router', 'waiter'];

/** There are so many values of what metrics are told apart by. */
const COUNTS: Record<MetricScope, { readonly name: string; readonly values?: number }> = {
  lane: { name: 'lane', values: RESOURCE_CLASSES.length * LANE_KINDS.length },
  resourceClass: { name: 'class', values: RESOURCE_CLASSES.length },
  taskType: { name: 'task type' },
  errorCode: { name: 'error code', values: ERROR_CODES.length + 1 },
  door: { name: 'door of `functions/`', values: DOORS.length },
  operation: { name: 'operation of AWS', values: new Set(calls.filter((one) => !UNTIMED.includes(one ?? ''))).size },
};

const scopes = Object.keys(METRIC_DIMENSIONS) as MetricScope[];
const metricsOf = (scope: MetricScope) => Object.values(METRICS).filter(({ by }) => by === scope).length;
const dollars = (metrics: number) => `$${(metrics * LIST_PRICES.metricMonth).toFixed(2)}`;

test.each(scopes)('docs/costs.md tells what the metrics of each %s cost', (scope) => {
  const { name, values = 'as many as there are' } = COUNTS[scope];
  const metrics = metricsOf(scope);
  expect(costs).toContain(`| ${name} | ${metrics} | ${dollars(metrics)} | ${values} |`);
});

test('docs/costs.md tells what all metrics cost at the most', () => {
  const all = scopes.reduce((sum, scope) => sum + metricsOf(scope) * (COUNTS[scope].values ?? 0), 0);
  expect(costs).toContain(`${all} metrics, ${dollars(all)} a month`);
});

test('no metric is told apart by tenant', () => {
  expect(Object.values(METRIC_DIMENSIONS).flat()).toEqual(
    expect.not.arrayContaining([expect.stringMatching(/tenant/i)]),
  );
});
