import { describe, expect, it } from 'vitest';
import type { FinishedTask } from '../../../../functions/core/task/task.ts';
import { deliveryIdOf, deliveryTask, deliveryTerms } from '../../../../functions/core/webhook/delivery.ts';
import { webhookIdOf } from '../../../../functions/core/webhook/webhook.ts';
import { deployedClassOf, RESOURCE_CLASS_SPECS, USUAL_SETTINGS } from '../../../../functions/resource-classes.ts';
import { taskSeed, tenant } from '../../../doubles/task-seed.ts';

const { default: usual, 'cpu-intensive': cpu, ...others } = RESOURCE_CLASS_SPECS;
const short = deployedClassOf({ ...USUAL_SETTINGS, timeoutSeconds: 5, shards: 3 });

describe('a deployment', () => {
  it.each([
    ['all classes', RESOURCE_CLASS_SPECS, 'io-intensive', 20],
    ['no io-intensive', { reports: short, 'cpu-intensive': cpu, default: usual }, 'default', 20],
    ['one of its own alone, whose attempts are short', { reports: short }, 'reports', 5],
    ['several others', { 'memory-intensive': others['memory-intensive'], reports: short }, 'memory-intensive', 20],
  ])('of %s delivers in one that it has', (_, classes, resources, timeoutSeconds) => {
    expect(deliveryTerms(classes)).toMatchObject({ resources, timeoutSeconds, priority: 'low' });
  });

  it('spreads the deliveries of tenants over the shards of the class', () => {
    const keys = Array.from({ length: 50 }, (_, place) => {
      const task = { ...taskSeed({ tenantId: tenant(`t-${place}`) }), ...ended };
      return deliveryTask(task, 'onEnd', { inline: null }, { reports: short }).executorKey;
    });
    expect(new Set(keys)).toEqual(new Set([0, 1, 2].map((shard) => `reports/low/${shard}`)));
  });
});

const ended = { status: 'cancelled', attempt: 1, finishedAt: 5 } as const;

it('the id of a delivery is of one end and of one whom it is told to', () => {
  const task: FinishedTask = { ...taskSeed(), ...ended };
  const [one, two] = ['0', '1'].map((digit) => webhookIdOf(digit.repeat(26)));
  const ids = [
    deliveryIdOf(task, one as never),
    deliveryIdOf(task, two as never),
    deliveryIdOf(task, 'onEnd'),
    deliveryIdOf({ ...task, attempt: 2 }, 'onEnd'),
    deliveryIdOf({ ...task, finishedAt: 6 }, 'onEnd'),
    deliveryIdOf({ ...task, id: taskSeed().id }, 'onEnd'),
    deliveryIdOf({ ...task, tenantId: tenant('globex') }, 'onEnd'),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(deliveryIdOf({ ...task }, 'onEnd')).toBe(ids[2]);
});
