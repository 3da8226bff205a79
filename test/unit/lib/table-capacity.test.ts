import { expect, test } from 'vitest';
import { readConfig } from '../../../lib/context.ts';

const read = (context: Record<string, unknown>) => readConfig({ getAllContext: () => context });

function complaint(context: Record<string, unknown>): string {
  try {
    read(context);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the configuration is taken');
}

const capacity = { minWrites: 10, maxWrites: 400, minReads: 5, maxReads: 100 };

test.each<[unknown, unknown]>([
  ['onDemand', 'onDemand'],
  [JSON.stringify({ provisioned: capacity }), { provisioned: { ...capacity, utilization: 0.7 } }],
  [{ provisioned: { ...capacity, utilization: 0.5 } }, { provisioned: { ...capacity, utilization: 0.5 } }],
])('has the capacity of tables that -c tableCapacity=%s says', (given, tableCapacity) => {
  expect(read({ preset: 'dev', tableCapacity: given }).tableCapacity).toEqual(tableCapacity);
});

const CAPACITY_RULE =
  'must be "onDemand", or {"provisioned": {minWrites, maxWrites, minReads, maxReads, utilization}}: whole numbers from 1 on, and a share from 0.2 to 0.9';

test.each<[unknown, string]>([
  ['provisioned', `configuration tableCapacity is "provisioned": ${CAPACITY_RULE}`],
  [{ provisioned: { ...capacity, minWrites: 0 } }, 'tableCapacity.provisioned.minWrites is 0: must be at least 1'],
  [
    { provisioned: { ...capacity, utilization: 0.95 } },
    'tableCapacity.provisioned.utilization is 0.95: must be at most 0.9',
  ],
  [{ provisioned: { minWrites: 10 } }, CAPACITY_RULE],
  [{ provisioned: { ...capacity, more: 1 } }, 'unknown configuration tableCapacity.provisioned.more; there is: '],
  [{ provisioned: { ...capacity, minWrites: 500 } }, 'minWrites must be at most maxWrites'],
  [{ provisioned: { ...capacity, minReads: 101 } }, 'minReads must be at most maxReads'],
])('cannot have the capacity %j', (tableCapacity, told) => {
  expect(complaint({ preset: 'dev', tableCapacity })).toContain(told);
  expect(complaint({ preset: 'dev', tableCapacity })).toMatch(/^(unknown )?configuration tableCapacity\b/);
  expect(complaint({ preset: 'dev', tableCapacity })).not.toContain('\n');
});
