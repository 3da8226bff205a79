import { parseTenantId, type TenantId, taskIdOf } from '../../functions/core/task/ids.ts';
import type { TaskSeed } from '../../functions/core/task/task.ts';

export const tenant = (name: string): TenantId => {
  const id = parseTenantId(name);
  if (id === undefined) throw new Error(`${name} is no tenant id`);
  return id;
};

/** Makes a task as a submit does, with an id of its own. */
export function taskSeed(overrides: Partial<TaskSeed> = {}): TaskSeed {
  return {
    id: taskIdOf(uniquePart(), 0),
    tenantId: tenant('acme'),
    type: 'greet',
    resourceClass: 'default',
    priority: 'normal',
    executorKey: 'default/normal/0',
    maxAttempts: 3,
    timeoutSeconds: 10,
    input: { inline: { name: 'Ada' } },
    fingerprint: 'fingerprint-a',
    createdAt: Date.UTC(2026, 0, 1),
    ...overrides,
  };
}

/** Makes a part of an id that is unique on a table that outlives the test run. */
const uniquePart = (): string => (BigInt(Date.now()) * 1_000_000n + BigInt(++count)).toString().padStart(26, '0');
let count = 0;
